#include "runtime/plugin/points.hpp"

#include <catch2/catch.hpp>

using namespace stoa::runtime;
using Catch::Matchers::Contains;

namespace {

const point_provider mail{"mail/1/mailer", "", "mail"};
const point_provider pigeon{"mail/1/mailer", "", "pigeon"};
const point_provider stripe{"orders/1/gateway", "stripe", "payments"};
const point_provider paypal{"orders/1/gateway", "paypal", "paypal"};
const std::vector<std::string> all_installed{"mail", "pigeon", "payments", "paypal", "broken"};

}  // namespace

TEST_CASE("of two plugins that offer one point the settings choose", "[plugin][points]") {
  const auto first = choose_providers({mail, pigeon}, {{"mailer", "mail"}}, all_installed);
  CHECK(first.unused == std::vector{pigeon});
  CHECK(first.refused.empty());
  CHECK(first.wrong.empty());
  CHECK(choose_providers({mail, pigeon}, {{"mailer", "pigeon"}}, all_installed).unused == std::vector{mail});
}

TEST_CASE("where nothing is chosen the first has it, and the others are told how it is chosen", "[plugin][points]") {
  const auto out = choose_providers({mail, pigeon}, {}, all_installed);
  CHECK(out.refused.size() == 1);
  CHECK_THAT(out.refused.at("pigeon"), Contains("expected one plugin that offers mail/1/mailer, found mail, pigeon") &&
                                           Contains("[points] mailer = \"mail\""));
  CHECK(choose_providers({mail, stripe, paypal}, {}, all_installed).refused.empty());  // names of their own
}

TEST_CASE("a choice of somebody who does not offer the point is named", "[plugin][points]") {
  CHECK_THAT(choose_providers({mail, pigeon}, {{"mailer", "owl"}}, all_installed).wrong.at(0),
             Contains("[points] mailer: expected a plugin that offers mail/1/mailer (mail, pigeon), found \"owl\""));
  CHECK_THAT(choose_providers({}, {{"mailre", "owl"}}, all_installed).wrong.at(0), Contains("[points] mailre"));
  // One that is set aside is still the one that was chosen: nobody takes its place.
  const auto away = choose_providers({mail}, {{"mailer", "broken"}}, all_installed);
  CHECK(away.wrong.empty());
  CHECK(away.unused == std::vector{mail});
}
