#include "stoa/wire.hpp"

#include <catch2/catch.hpp>

using namespace stoa;

namespace {

struct part {
  wire::text<1, 5> name;
  wire::whole<1, 5> stars;
};
BOOST_DESCRIBE_STRUCT(part, (), (name, stars))

struct whole_thing {
  wire::email_text email;
  wire::decimal price;
  std::optional<bool> active;
  wire::change<std::string> note;
  wire::list_of<part, 0, 2> parts;
  wire::choice<"asc", "desc"> order;
};
BOOST_DESCRIBE_STRUCT(whole_thing, (), (email, price, active, note, parts, order))

std::vector<std::string> wrong(const char* text) {
  const auto body = json::parse(text);
  REQUIRE(body.ok());
  const auto r = wire::read<whole_thing>(body.value());
  std::vector<std::string> out;
  if (!r.ok())
    for (const auto& f : r.refusal().fields) out.push_back(f.field + ":" + f.rule);
  return out;
}

}  // namespace

TEST_CASE("wire decodes a described struct", "[wire]") {
  const auto body = json::parse(
      R"({"email":" a@b.example ","price":89.99,"note":null,"parts":[{"name":"\u00e9\u00e9\u00e9\u00e9\u00e9","stars":5.0}],"order":"DESC","more":1})");
  const auto r = wire::read<whole_thing>(body.value());
  REQUIRE(r.ok());
  CHECK(r.value().email == "a@b.example");
  CHECK(r.value().price.minor == 8999);
  CHECK(!r.value().active);
  CHECK(r.value().note.present);
  CHECK(!r.value().note.value);
  CHECK(r.value().order == "desc");
  CHECK(r.value().parts.size() == 1);
}

TEST_CASE("wire names every wrong field", "[wire]") {
  using list = std::vector<std::string>;
  CHECK(wrong("{}") == list{"email:required", "price:required", "parts:required", "order:required"});
  CHECK(wrong(R"({"email":"x","price":1.234,"parts":[{"name":"","stars":6},{"name":"abcdef"}],"order":"up"})") ==
        list{"email:email", "price:money", "parts.0.name:required", "parts.0.stars:range", "parts.1.name:length",
             "parts.1.stars:required", "order:choice"});
  CHECK(wrong("[]") == list{":type"});
  CHECK(wrong(R"({"email":1,"price":-1,"active":"true","parts":[1],"order":null})") ==
        list{"email:type", "price:money", "active:type", "parts.0:type", "order:required"});
  CHECK(wrong(R"({"email":"a@b.example","price":1,"note":"a\u0000b","parts":[],"order":"asc"})") ==
        list{"note:characters"});
}

TEST_CASE("wire writes money exactly", "[wire]") {
  CHECK(wire::write(wire::decimal{8990}) == "89.90");
  CHECK(wire::write(wire::rounded<1>{4.849}) == "4.8");
  CHECK(wire::write(std::optional<std::string>{}) == "null");
}
