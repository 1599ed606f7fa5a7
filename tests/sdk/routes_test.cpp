#include "stoa/routes.hpp"

#include <catch2/catch.hpp>

using namespace stoa;

namespace {
struct filter {
  std::optional<std::int64_t> page;
  std::optional<bool> mine;
  std::optional<double> min_price;
  std::optional<std::string> search;
};
BOOST_DESCRIBE_STRUCT(filter, (), (page, mine, min_price, search))
}  // namespace

TEST_CASE("a query is read by the types of its struct", "[routes]") {
  request r;
  r.query_params = {{"page", "1"}, {"page", "2"}, {"mine", "true"}, {"min_price", "4.5"}, {"search", "12"}};
  auto in = detail::decode_input<filter>(r, true);
  REQUIRE(in.ok());
  CHECK(*in->page == 2);
  CHECK(*in->mine);
  CHECK(*in->min_price == 4.5);
  CHECK(*in->search == "12");
  r.query_params = {{"page", ""}, {"mine", ""}};
  in = detail::decode_input<filter>(r, true);
  REQUIRE(in.ok());
  CHECK(!in->page);
  r.query_params = {{"page", "x"}, {"mine", "maybe"}};
  in = detail::decode_input<filter>(r, true);
  REQUIRE(!in.ok());
  CHECK(in.refusal().fields.size() == 2);
}

TEST_CASE("a body is JSON or refused", "[routes]") {
  request r;
  CHECK(detail::body_as_json(r).ok());
  r.body = "{}";
  CHECK(detail::body_as_json(r).refusal().kind == fault_kind::unsupported_media);
  r.headers = {{"content-type", "application/json; charset=utf-8"}};
  CHECK(detail::body_as_json(r).ok());
  r.headers = {{"content-type", "text/plain"}};
  CHECK(detail::body_as_json(r).refusal().kind == fault_kind::unsupported_media);
  r.headers = {{"content-type", "application/json"}};
  r.body = "{";
  CHECK(detail::body_as_json(r).refusal().kind == fault_kind::malformed);
}

TEST_CASE("names of dialects, verbs and roles read back", "[routes]") {
  for (const char* name : {"one", "another", "a", "exactly-fifteen"}) CHECK(name_of(dialect(name)) == name);
  CHECK(dialect("one") == dialect("one"));
  CHECK(dialect("one") != dialect("another"));
  CHECK(dialect().empty());
  CHECK_THROWS_AS(dialect("a-name-too-long."), std::length_error);
  CHECK(role_named("admin") == role::admin);
  CHECK(!role_named("Admin"));
  CHECK(name_of(verb::del) == "DELETE");
}
