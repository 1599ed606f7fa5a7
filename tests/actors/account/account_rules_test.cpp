#include "actors/account/account_rules.hpp"

#include <catch2/catch.hpp>

using namespace stoa;
using namespace stoa::actors;

namespace {

const std::vector<role> anybody{role::student, role::instructor};

registration john() {
  registration r;
  r.email = "John.Doe@Example.com";
  r.password = "SecurePassword123!";
  r.first_name = "John";
  r.last_name = "Doe";
  return r;
}

std::vector<std::string> fields_of(const fault& f) {
  std::vector<std::string> out;
  for (const auto& e : f.fields) out.push_back(e.field);
  return out;
}

}  // namespace

TEST_CASE("a registration keeps the address as typed and compares it folded", "[account]") {
  auto a = account_rules::admit(john(), anybody);
  REQUIRE(a.ok());
  CHECK(a->email == "John.Doe@Example.com");
  CHECK(a->email_key == "john.doe@example.com");
  CHECK(a->roles.has(role::student));
  CHECK_FALSE(a->roles.has(role::instructor));
}

TEST_CASE("what is shown of an address is what was compared", "[account]") {
  auto r = john();
  r.email = "\u2003John.Doe@example.com\u00A0";
  const auto a = account_rules::admit(r, anybody);
  REQUIRE(a.ok());
  CHECK(a->email == "John.Doe@example.com");
  CHECK(a->email_key == "john.doe@example.com");
  r.email = "john@xn--bcher-kva.example";
  CHECK(account_rules::admit(r, anybody)->email_key == "john@b\u00FCcher.example");
}

TEST_CASE("a password is as long as what it is hashed as", "[account]") {
  // Seven letters, of which one was typed in two pieces.
  CHECK_FALSE(account_rules::check_password("Zwo\u0308lf.9", "", false).ok());
  CHECK(account_rules::check_password("Zwo\u0308lf.99", "", false).ok());
}

TEST_CASE("every wrong field of a registration is named at once", "[account]") {
  auto r = john();
  r.email = "nobody";
  r.password = "short";
  r.username = "has blanks";
  auto a = account_rules::admit(r, anybody);
  REQUIRE_FALSE(a.ok());
  const auto fields = fields_of(a.refusal());
  CHECK(std::find(fields.begin(), fields.end(), "email") != fields.end());
  CHECK(std::find(fields.begin(), fields.end(), "password") != fields.end());
  CHECK(std::find(fields.begin(), fields.end(), "username") != fields.end());
}

TEST_CASE("a username cannot stand in for somebody else's address", "[account]") {
  auto r = john();
  r.username = "victim@example.com";
  CHECK_FALSE(account_rules::admit(r, anybody).ok());
  r.username = "JOHN.doe@example.com";
  CHECK(account_rules::admit(r, anybody).ok());
}

TEST_CASE("nobody registers as an administrator", "[account]") {
  auto r = john();
  r.wanted = role::admin;
  auto a = account_rules::admit(r, anybody);
  REQUIRE_FALSE(a.ok());
  CHECK(a.refusal().kind == fault_kind::forbidden);

  r.wanted = role::instructor;
  CHECK(account_rules::admit(r, anybody)->roles.has(role::instructor));
  CHECK_FALSE(account_rules::admit(r, {role::student}).ok());
}

TEST_CASE("names outside ASCII are welcome", "[account]") {
  auto r = john();
  r.email = "jörg@bücher.example";
  r.first_name = "Jörg";
  r.last_name = "Müller-Łukasz";
  CHECK(account_rules::admit(r, anybody).ok());
}

TEST_CASE("changing roles exchanges what people may give themselves and keeps the rest", "[account]") {
  role_set present;
  present.add(role::admin);
  present.add(role::student);
  auto next = account_rules::self_service_role(present, role::instructor, anybody);
  REQUIRE(next.ok());
  CHECK(next->has(role::admin));
  CHECK(next->has(role::instructor));
  CHECK(account_rules::self_service_role(present, role::admin, anybody).refusal().kind == fault_kind::forbidden);
}

TEST_CASE("a profile change touches only what it names and checks it", "[account]") {
  account a;
  a.first_name = "Jane";
  a.bio = "old";
  profile_change c;
  c.bio = "new\nlines are fine";
  auto next = account_rules::apply(a, c);
  REQUIRE(next.ok());
  CHECK(next->first_name == "Jane");
  CHECK(next->bio == "new\nlines are fine");

  profile_change bad;
  bad.avatar_url = "javascript:alert(1)";
  bad.preferences = "[1]";
  auto refused = account_rules::apply(a, bad);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.refusal().fields.size() == 2);
}
