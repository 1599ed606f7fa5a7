// The head of an ordinary request, read in one pass: most are a few lines of plain text and have no body.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace stoa::http {

struct message_limits;

/// A request without a body whose head has nothing that would need the parser's judgement. Whatever is unusual, though
/// it may be sound, is left to the parser: an HTTP/1.0 client, a blank at the end of a value, a sign beyond ASCII.
class plain_head {
 public:
  /// Null where `message` is anything else than exactly one such request.
  static std::unique_ptr<const plain_head> read(std::string_view message, const message_limits& limits);

  /// What RESTinio is given in its place: as sound as it, and for RESTinio the same, since all else is asked for here.
  static constexpr std::string_view stand_in = "GET / HTTP/1.1\r\n\r\n";

  std::string_view method() const noexcept { return at(method_); }
  std::string_view target() const noexcept { return at(target_); }
  /// The first field of that name, in any case.
  std::optional<std::string_view> header(std::string_view name) const noexcept;
  /// Every field of that name, in their order.
  void each(std::string_view name, const std::function<void(std::string_view)>& told) const;

 private:
  struct span {
    std::uint16_t from = 0, size = 0;
  };
  struct field {
    span name, value;
  };
  static constexpr std::size_t most_fields = 32;

  std::string_view at(span s) const noexcept { return {text_.data() + s.from, s.size}; }
  bool read_lines(const message_limits& limits);

  std::string text_;
  span method_, target_;
  std::size_t count_ = 0;
  std::array<field, most_fields> fields_;
};

}  // namespace stoa::http
