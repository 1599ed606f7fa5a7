// A small HTTP client for contract tests: what goes out and what comes back, nothing in between.
#pragma once

#include <catch2/catch.hpp>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stoa/json.hpp"

namespace stoa::testing {

using header_fields = std::vector<std::pair<std::string, std::string>>;

struct response {
  int status = 0;
  header_fields headers;  ///< names in lower case
  std::string body;
  std::string asked;  ///< method and address, for messages
  mutable std::shared_ptr<const json> parsed = {};

  std::optional<std::string> header(std::string_view lower_case_name) const;
  /// Every value of that field.
  std::vector<std::string> all(std::string_view lower_case_name) const;
  /// The body as JSON; throws with the body in the message where it is none.
  /// Read once and kept: what it returns lives as long as the response (and its copies).
  const json& document() const;
  /// A member by its dotted path (`user.roles.0`); throws where it is missing.
  const json& at(std::string_view path) const;
  bool has(std::string_view path) const;
  /// The string at a path; throws for anything but a string.
  std::string text(std::string_view path) const;
  std::int64_t integer(std::string_view path) const;
  bool truth(std::string_view path) const;
};

/// A member by its dotted path; null pointer where it is missing.
const json* find_at(const json& from, std::string_view path);

/// A value in a body written down in a test.
struct field {
  std::string encoded;
  field(const char* s);                  // NOLINT: implicit by intent
  field(const std::string& s);           // NOLINT
  field(bool b);                         // NOLINT
  field(int n);                          // NOLINT
  field(double d);                       // NOLINT
  field(std::nullptr_t);                 // NOLINT
  field(std::vector<std::string> list);  // NOLINT
  static field raw(std::string json_text);

 private:
  field() = default;
};
/// `object({{"email", address}, {"nested", field::raw(object({...}))}})`
std::string object(std::initializer_list<std::pair<std::string, field>> members);

/// Has every answer of this process's clients shown to `look`, on the thread of whoever asked.
void watch_answers(std::function<void(const response&)> look);

/// A client with a base address and, if wanted, a token. Cheap to copy; each thread keeps its own connections.
class client {
 public:
  explicit client(std::string base) : base_(std::move(base)) {}

  /// The same client with a bearer token.
  client as(std::string token) const;
  /// The same client with one more header field.
  client with(std::string name, std::string value) const;
  /// The same client below another path: `at("/lms/api/v1")`.
  client below(const std::string& path) const;

  response get(const std::string& path) const { return send("GET", path, std::nullopt); }
  response post(const std::string& path, std::string body = "{}") const { return send("POST", path, std::move(body)); }
  response put(const std::string& path, std::string body) const { return send("PUT", path, std::move(body)); }
  response patch(const std::string& path, std::string body) const { return send("PATCH", path, std::move(body)); }
  response del(const std::string& path) const { return send("DELETE", path, std::nullopt); }
  /// Any method; a body goes out as application/json unless a Content-Type is set. Throws when no answer comes.
  response send(const std::string& method, const std::string& path, std::optional<std::string> body) const;

  const std::string& base() const noexcept { return base_; }

 private:
  std::string base_;
  header_fields headers_;
};

}  // namespace stoa::testing

/// Fails with the whole answer where the status is another. The answer is asked for once.
#define REQUIRE_STATUS(answer, wanted)                                            \
  do {                                                                            \
    const ::stoa::testing::response& answered_ = (answer);                        \
    INFO(answered_.asked << " -> " << answered_.status << " " << answered_.body); \
    REQUIRE(answered_.status == (wanted));                                        \
  } while (false)
#define CHECK_STATUS(answer, wanted)                                              \
  do {                                                                            \
    const ::stoa::testing::response& answered_ = (answer);                        \
    INFO(answered_.asked << " -> " << answered_.status << " " << answered_.body); \
    CHECK(answered_.status == (wanted));                                          \
  } while (false)
