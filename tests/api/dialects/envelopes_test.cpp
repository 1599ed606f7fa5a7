// What the contracts document of their refusals, as each dialect writes them.
#include <catch2/catch.hpp>

#include "api/contracts.hpp"
#include "runtime/settings/table.hpp"
#include "stoa/json.hpp"

using namespace stoa;

namespace {

reply rendered(const char* name, const fault& f) {
  for (const auto& d : api::descriptions())
    if (d.name == dialect(name)) return d.render(f, request{});
  throw std::out_of_range(name);
}

std::string text_of(const reply& r) {
  std::string text;
  for (const auto& piece : r.body) text += piece.view();
  return text;
}

json body_of(const char* name, const fault& f) { return json::parse(text_of(rendered(name, f))).value(); }

fault limited() {
  fault f{fault_kind::too_many, "RATE_LIMIT_EXCEEDED", "whatever the limit says"};
  f.retry_after = seconds{3600};
  return f;
}

}  // namespace

TEST_CASE("lms tells why somebody does not get in, in its contract's words", "[dialects][words]") {
  const auto detail = [](const fault& f) { return body_of("lms", f).find("detail")->text(); };
  CHECK(detail({fault_kind::unauthenticated, "INVALID_CREDENTIALS", "other words"}) == "Invalid credentials");
  CHECK(detail({fault_kind::unauthenticated, "INVALID_TOKEN", "other words"}) == "Could not validate credentials");
  CHECK(detail({fault_kind::unauthenticated, "AUTHENTICATION_REQUIRED", "other words"}) ==
        "Could not validate credentials");
  const fault locked{fault_kind::locked, "ACCOUNT_LOCKED", "other words"};
  CHECK(detail(locked) == "Account locked (too many failed attempts)");
  CHECK(rendered("lms", locked).status == 423);
  CHECK(detail({fault_kind::forbidden, "PERMISSION_DENIED", "other words"}) == "Not authorized to perform this action");
  CHECK(detail({fault_kind::not_found, "COURSE_NOT_FOUND", "other words"}) == "Resource not found");
  CHECK(detail(limited()) == "Rate limit exceeded. Please try again later.");
}

TEST_CASE("unpuzzle tells of its limits in its contract's words, whatever was limited", "[dialects][words]") {
  for (const auto& f : {limited(), fault{fault_kind::locked, "ACCOUNT_LOCKED", "other words"}}) {
    const auto body = body_of("unpuzzle", f);
    CHECK(rendered("unpuzzle", f).status == 429);
    CHECK(body.find("status")->text() == "error");
    CHECK(body.find("error")->find("code")->text() == "RATE_LIMIT_EXCEEDED");
    CHECK(body.find("error")->find("message")->text() == "Too many requests. Please try again later.");
  }
  CHECK(body_of("unpuzzle", limited()).find("error")->find("retry_after")->as_integer() == 3600);
}

TEST_CASE("classic's refusals have the four documented members and no others", "[dialects][words]") {
  CHECK(text_of(rendered("classic", {fault_kind::conflict, "ERROR_CODE", "Error description"})) ==
        R"({"success":false,"message":"Error description","error_code":"ERROR_CODE","details":{}})");
}

TEST_CASE("apranova's refusals name their sort, a sentence and details", "[dialects][words]") {
  const auto body =
      body_of("apranova", {fault_kind::unauthenticated, "INVALID_CREDENTIALS", "Email or password is incorrect"});
  CHECK(body.find("error")->text() == "Invalid credentials");
  CHECK(body.find("message")->text() == "Email or password is incorrect");
  CHECK(body.find("details")->is_string());
}
