#include "stoa/money.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace stoa;

TEST_CASE("decimal texts are exact", "[money]") {
  CHECK(decimal_text(8999) == "89.99");
  CHECK(decimal_text(5) == "0.05");
  CHECK(decimal_text(0) == "0.00");
  CHECK(decimal_text(-1) == "-0.01");
  CHECK(decimal_text(1234, 0) == "1234");
  CHECK(decimal_text(1234, 3) == "1.234");
  CHECK(decimal_text(std::numeric_limits<std::int64_t>::min()) == "-92233720368547758.08");
  CHECK(money{8999, "usd"}.decimal() == "89.99");
  CHECK(money{8999, "jpy"}.decimal() == "8999");
  CHECK(money{8999, "kwd"}.decimal() == "8.999");
}

TEST_CASE("decimals are read exactly or not at all", "[money]") {
  CHECK(parse_decimal("89.99") == 8999);
  CHECK(parse_decimal("89.9") == 8990);
  CHECK(parse_decimal("89") == 8900);
  CHECK(parse_decimal("0") == 0);
  CHECK(parse_decimal("0.01") == 1);
  CHECK(parse_decimal("500", 0) == 500);
  CHECK(parse_decimal("1.234", 3) == 1234);
  CHECK(parse_decimal("92233720368547758.07") == std::numeric_limits<std::int64_t>::max());
  for (const auto* text : {"", ".", ".5", "5.", "1.2.3", "89.999", "-1", "+1", "1e2", "1,5", " 1", "1 ", "NaN", "0x1",
                           "92233720368547758.08", "99999999999999999999"})
    CHECK_FALSE(parse_decimal(text));
  CHECK_FALSE(parse_decimal("1.5", 0));
}

TEST_CASE("percentages round half up", "[money]") {
  CHECK(percent_half_up(4999, 20) == 1000);
  CHECK(percent_half_up(10, 5) == 1);
  CHECK(percent_half_up(9, 5) == 0);
  CHECK(percent_half_up(-10, 5) == 0);
  CHECK(percent_half_up(-11, 5) == -1);
  CHECK(percent_half_up(std::numeric_limits<std::int64_t>::max(), 100) == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("a reduction's per cent is floored", "[money]") {
  CHECK(discount_percent(12'999, 8999) == 30);
  CHECK(discount_percent(100, 100) == 0);
  CHECK(discount_percent(100, 200) == 0);
  CHECK(discount_percent(0, 0) == 0);
  CHECK(discount_percent(100, 0) == 100);
  CHECK(discount_percent(1000, 999) == 0);
}
