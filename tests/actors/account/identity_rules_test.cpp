// What a proven identity opens.
#include "actors/account/identity_rules.hpp"

#include <catch2/catch.hpp>

#include "actors/account/account.hpp"
#include "actors/account/mfa_rules.hpp"

using namespace stoa;
using namespace stoa::actors;
using namespace stoa::actors::identity_rules;

namespace {

identity_claim claim_with(bool verified) {
  identity_claim c;
  c.provider = "google", c.subject = "7", c.email = "Ada@Example.com", c.email_verified = verified;
  c.name = "Ada King Lovelace";
  return c;
}

std::string judged(bool verified, const std::optional<candidate>& who) {
  const auto r = judge(claim_with(verified), who);
  if (!r) return r.refusal().code;
  const char* names[] = {"open", "link", "drop", "make"};
  return names[static_cast<int>(*r)];
}

}  // namespace

TEST_CASE("a link opens its account, whatever the address is by now", "[account][identity]") {
  candidate linked;
  linked.linked = true;
  CHECK(judged(true, linked) == "open");
  CHECK(judged(false, linked) == "open");
}

TEST_CASE("an address links when the provider vouches for it, and to nobody else's account", "[account][identity]") {
  candidate proved;
  proved.address_proved = true;
  CHECK(judged(true, proved) == "link");
  CHECK(judged(false, proved) == "IDENTITY_UNVERIFIED");
  candidate other = proved;
  other.other_identity = true;
  CHECK(judged(true, other) == "IDENTITY_TAKEN");
  CHECK(judged(false, other) == "IDENTITY_UNVERIFIED");
}

TEST_CASE("no way in stays of who never showed to own the address", "[account][identity]") {
  candidate unproved;
  CHECK(judged(true, unproved) == "drop");
  unproved.linked = true;
  CHECK(judged(true, unproved) == "open");
}

TEST_CASE("whom nobody knows gets an account", "[account][identity]") {
  CHECK(judged(true, std::nullopt) == "make");
  CHECK(judged(false, std::nullopt) == "make");
  const std::vector<role> self{role::student, role::instructor};
  const auto made = admit(claim_with(true), role::student, self);
  REQUIRE(made);
  CHECK(made->email_key == "ada@example.com");
  CHECK(made->first_name == "Ada");
  CHECK(made->last_name == "King Lovelace");
  CHECK(made->roles.has(role::student));
  CHECK(admit(claim_with(true), role::admin, self).refusal().code == "ROLE_NOT_ALLOWED");
  auto bare = claim_with(true);
  bare.email.clear();
  CHECK(admit(bare, role::student, self).refusal().code == "EMAIL_MISSING");
  auto odd = claim_with(true);
  odd.name = std::string(400, 'x');
  CHECK(admit(odd, role::student, self)->first_name.empty());
}

TEST_CASE("a claim is cleaned before it is believed", "[account][identity]") {
  auto c = claim_with(true);
  c.picture = "javascript:alert(1)";
  c.email = "no address";
  const auto clean = checked(c);
  REQUIRE(clean);
  CHECK(clean->picture.empty());
  CHECK(clean->email.empty());
  CHECK_FALSE(clean->email_verified);
  for (const auto& subject : {std::string(), std::string(256, 'x'), std::string("a\nb"), std::string("\xff")}) {
    c.subject = subject;
    CHECK(checked(c).refusal().code == "IDENTITY_REFUSED");
  }
}

TEST_CASE("the last way in is not taken away", "[account][identity]") {
  CHECK(may_unlink(true, 1, true));
  CHECK(may_unlink(false, 2, true));
  CHECK(may_unlink(false, 1, true).refusal().code == "LAST_WAY_IN");
  CHECK(may_unlink(true, 1, false).refusal().code == "LINK_NOT_FOUND");
}

TEST_CASE("a refusal that wants a code brings a ticket, others do not", "[account][identity]") {
  CHECK(wants_code(mfa_rules::required()));
  CHECK(wants_code(mfa_rules::invalid_code()));
  CHECK_FALSE(wants_code(unverified()));
  CHECK(with_ticket(mfa_rules::required(), "t").extra.back() == std::pair<std::string, std::string>("ticket", "t"));
}

TEST_CASE("nothing is linked to an account that was switched off", "[account][identity]") {
  const moment noon{*parse_rfc3339("2026-01-27T12:00:00Z"), uuid::make_v7()};
  account_state a;
  a.version = 4;
  link_identity told;
  told.account_version = 4;
  CHECK(decide(a, told, noon)->next);
  a.active = false;
  CHECK(decide(a, told, noon).refusal().code == "INVALID_CREDENTIALS");
}
