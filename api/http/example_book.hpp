// What was asked and answered when a contract's flow was walked over demo data: the examples of its OpenAPI document.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace stoa::http {

/// Bodies as JSON, by the id of the operation. `tests/openapi/run --record` writes them.
class example_book {
 public:
  struct pair {
    std::string request, response;  ///< empty: none
  };

  example_book() = default;
  /// Of a file that an installation brings along; an empty book where there is none. Throws std::runtime_error where it
  /// is not such a book.
  static example_book read(const std::filesystem::path& file);

  /// Null where nobody kept one.
  const pair* find(const std::string& operation) const;

 private:
  std::map<std::string, pair> all_;
};

}  // namespace stoa::http
