// The rows of an answer, copied out of libpq's result: small, and free of the session.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "stoa/db.hpp"

namespace stoa::runtime {

/// All cells of an answer in one block: end offsets first, then the text. A cell's top bit says null.
class compact_rows final : public rows::source {
 public:
  explicit compact_rows(const PGresult* r)
      : count_(static_cast<std::size_t>(PQntuples(r))), columns_(static_cast<std::size_t>(PQnfields(r))) {
    const std::size_t cells = count_ * columns_;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count_; ++i)
      for (std::size_t k = 0; k < columns_; ++k)
        bytes += static_cast<std::size_t>(PQgetlength(r, static_cast<int>(i), static_cast<int>(k)));
    if (bytes >= null_bit) throw std::length_error("the answer is too large");
    ends_ = std::make_unique_for_overwrite<std::uint32_t[]>(cells + (bytes + 3) / 4);
    text_ = reinterpret_cast<char*>(ends_.get() + cells);
    std::uint32_t end = 0;
    std::size_t cell = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      for (std::size_t k = 0; k < columns_; ++k, ++cell) {
        const int row = static_cast<int>(i);
        const int column = static_cast<int>(k);
        if (PQgetisnull(r, row, column)) {
          ends_[cell] = end | null_bit;
          continue;
        }
        const auto length = static_cast<std::size_t>(PQgetlength(r, row, column));
        std::memcpy(text_ + end, PQgetvalue(r, row, column), length);
        end += static_cast<std::uint32_t>(length);
        ends_[cell] = end;
      }
    }
  }

  std::size_t count() const override { return count_; }
  bool null(std::size_t row, std::size_t column) const override { return ends_[cell(row, column)] & null_bit; }
  std::string_view text(std::size_t row, std::size_t column) const override {
    const std::size_t c = cell(row, column);
    const std::size_t begin = c ? ends_[c - 1] & ~null_bit : 0;
    return {text_ + begin, (ends_[c] & ~null_bit) - begin};
  }

 private:
  static constexpr std::uint32_t null_bit = 0x8000'0000u;

  std::size_t cell(std::size_t row, std::size_t column) const {
    if (row >= count_ || column >= columns_) throw std::runtime_error("database column out of range");
    return row * columns_ + column;
  }

  std::size_t count_;
  std::size_t columns_;
  std::unique_ptr<std::uint32_t[]> ends_;
  char* text_;
};

}  // namespace stoa::runtime
