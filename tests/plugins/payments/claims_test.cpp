#include "plugins/payments/claims.hpp"

#include <catch2/catch.hpp>

using namespace stoa_plugin::payments;
using stoa::order;

namespace {

order pending(std::int64_t minor, const std::string& currency = "usd") {
  order o;
  o.id = stoa::order_id::make();
  o.total_minor = minor;
  o.currency = currency;
  return o;
}

payment_claim of(std::int64_t minor, const std::string& currency = "usd") {
  payment_claim said;
  said.amount_minor = minor;
  said.currency = currency;
  return said;
}

}  // namespace

TEST_CASE("an amount is read in its currency's minor units", "[payments]") {
  const stoa::wire::decimal amount{99900};  // 999.00
  CHECK(minor_of(amount, "usd").value() == 99900);
  CHECK(minor_of(amount, "jpy").value() == 999);
  CHECK(minor_of(amount, "kwd").value() == 999000);
  const auto parts = minor_of(stoa::wire::decimal{99950}, "jpy");
  REQUIRE_FALSE(parts.ok());
  CHECK(parts.refusal().fields.front().field == "amount");
}

TEST_CASE("a sum means the newest order that costs exactly it", "[payments]") {
  const std::vector<order> all{pending(4999), pending(99900, "eur"), pending(99900), pending(99900), pending(0)};
  CHECK(of_amount(all, of(99900)) == &all[2]);
  CHECK(of_amount(all, of(99900, "eur")) == &all[1]);
  CHECK(of_amount(all, of(99899)) == nullptr);
  // What costs nothing is not paid.
  CHECK(of_amount(all, of(0)) == nullptr);
  CHECK(of_amount({}, of(99900)) == nullptr);
}
