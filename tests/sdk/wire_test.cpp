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

struct partial {
  wire::given<wire::text<1, 5>> name;
  wire::emptiable<wire::text<0, 5>> bio;
  wire::emptiable<wire::list_of<wire::text<1, 5>, 0, 2>> tags;
  wire::emptiable<wire::whole<0, 9>> minutes;
};
BOOST_DESCRIBE_STRUCT(partial, (), (name, bio, tags, minutes))

std::vector<std::string> wrong(const char* text) {
  const auto body = json::parse(text);
  const auto r = body.ok() ? wire::read<whole_thing>(body.value()) : result<whole_thing>(body.refusal());
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

namespace {

enum class mood { calm, wild };
std::string_view name_of(mood m) { return m == mood::calm ? "calm" : "wild"; }

struct owner {
  std::string name, secret;
};
BOOST_DESCRIBE_STRUCT(owner, (), (name, secret))

struct animal {
  int id = 0;
  std::string name;
  mood state = mood::wild;
  owner keeper;
  std::vector<owner> friends;
  std::optional<std::string> note;
  std::string secret;
};
BOOST_DESCRIBE_STRUCT(animal, (), (id, name, state, keeper, friends, note, secret))

struct owner_view {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(owner_view, (), (name))

struct animal_view {
  std::string id = "none";
  std::string name, state;
  owner_view keeper;
  std::vector<owner_view> friends;
  std::string note;
  bool tame = true;
};
BOOST_DESCRIBE_STRUCT(animal_view, (), (id, name, state, keeper, friends, note, tame))

struct mine {
  bool liked = false;
  int seen = 0;
};
BOOST_DESCRIBE_STRUCT(mine, (), (liked, seen))

struct entry {
  std::string title;
  wire::hole<mine> own;
  int number = 0;
};
BOOST_DESCRIBE_STRUCT(entry, (), (title, own, number))

struct sheet {
  wire::hole<mine> own;
  std::vector<entry> entries;
};
BOOST_DESCRIBE_STRUCT(sheet, (), (own, entries))

}  // namespace

TEST_CASE("a view is filled with the members of the same name", "[wire]") {
  animal a{7, "Rex", mood::calm, {"Ada", "hidden"}, {{"Bob", "x"}, {"Cyd", "y"}}, "note", "hidden"};
  auto v = wire::same_named<animal_view, "id">(a);
  CHECK(
      wire::write(v) ==
      R"({"id":"none","name":"Rex","state":"calm","keeper":{"name":"Ada"},"friends":[{"name":"Bob"},{"name":"Cyd"}],"note":"note","tame":true})");
  a.note.reset();
  CHECK(wire::same_named<animal_view, "id">(a).note.empty());
}

TEST_CASE("a writer remembers where the personal blocks are", "[wire]") {
  // A title may say what it likes: nobody searches the text.
  const sheet s{{}, {{R"("liked":false,"seen":0)", {}, 1}, {"b", {}, 2}}};
  const auto shared = wire::write_with_holes(s);
  CHECK(shared.text == wire::write(s));
  REQUIRE(shared.holes.size() == 3);
  for (const auto& h : shared.holes) CHECK(shared.text.substr(h.from, h.size) == R"("liked":false,"seen":0)");

  auto own = s;
  own.own.value = {true, 12345};
  own.entries[1].own.value = {true, 2};
  wire::filled_text filled(shared.text);
  CHECK(filled.untouched());
  filled.put(shared.holes[0], own.own.value);
  filled.put(shared.holes[2], own.entries[1].own.value);
  CHECK_FALSE(filled.untouched());
  CHECK(filled.take() == wire::write(own));

  wire::filled_text nobody(shared.text);
  CHECK(nobody.take() == shared.text);
}

TEST_CASE("a hole's members stand in the schema of what holds them", "[wire]") {
  wire::schema_registry r;
  json_writer w;
  wire::schema<entry>(w, r);
  CHECK(
      r.components.at("entry") ==
      R"({"type":"object","properties":{"title":{"type":"string"},"liked":{"type":"boolean"},"seen":{"type":"integer"},"number":{"type":"integer"}},"required":["title","liked","seen","number"]})");
}

TEST_CASE("two types of one name in one area are refused, in two areas they are not", "[wire]") {
  const int one = 0, another = 0;
  wire::schema_registry r;
  r.dialect = "d";
  r.area = "shop";
  CHECK(r.name("a::{anonymous}::item", &one, "item") == "d.shop.item");
  CHECK(r.name("a::{anonymous}::item", &one, "item") == "d.shop.item");
  CHECK_THROWS_AS(r.name("a::{anonymous}::item", &another, "item"), std::logic_error);
  CHECK_THROWS_AS(r.name("b::item", &another, "item"), std::logic_error);
  r.area = "zoo";
  CHECK(r.name("a::{anonymous}::item", &another, "item") == "d.zoo.item");
  CHECK(r.name("a::{anonymous}::item", &one, "item") == "d.shop.item");
  // Each library has a mark of its own for what no file hides.
  CHECK(r.name("a::shared", &one, "shared") == "d.zoo.shared");
  CHECK(r.name("a::shared", &another, "shared") == "d.zoo.shared");
}

TEST_CASE("words of a query: their default and what the rules are left", "[wire]") {
  wire::word_or<"all", "done", "all"> state;
  CHECK(state.text() == "all");
  wire::problems bad;
  wire::decode(json::from_text("Done"), "state", state, bad);
  CHECK(state.text() == "done");
  wire::decode(json::from_text("burnt"), "state", state, bad);
  CHECK(!bad.empty());
  wire::schema_registry r;
  json_writer w;
  wire::schema<wire::word_for_rules<"-new", "new", "-new">>(w, r);
  CHECK(w.str() == R"({"type":"string","enum":["new","-new"],"default":"-new"})");
  wire::word_for_rules<"-new", "new", "-new"> order;
  wire::problems none;
  wire::decode(json::from_text("anything"), "order", order, none);
  CHECK(order == "anything");
  CHECK(none.empty());
}

TEST_CASE("null in a change empties or is refused, and an absent member changes nothing", "[wire]") {
  const auto change = [](const char* text) { return wire::read<partial>(json::parse(text).value()); };
  const auto none = change("{}");
  REQUIRE(none.ok());
  CHECK_FALSE((none->name || none->bio || none->tags || none->minutes));
  const auto emptied = change(R"({"bio":null,"tags":null,"minutes":null})");
  REQUIRE(emptied.ok());
  CHECK((emptied->bio && emptied->bio->empty()));
  CHECK((emptied->tags && emptied->tags->empty()));
  CHECK((emptied->minutes && *emptied->minutes == 0));
  const auto refused = change(R"({"name":null,"bio":"longer than five"})");
  REQUIRE_FALSE(refused.ok());
  REQUIRE(refused.refusal().fields.size() == 2);
  CHECK(refused.refusal().fields[0].field == "name");
  CHECK(refused.refusal().fields[0].message == "This field may not be null.");
  CHECK(refused.refusal().fields[1].field == "bio");
  const auto changed = change(R"({"name":"Ada","tags":["a"]})");
  REQUIRE(changed.ok());
  CHECK(*changed->name == "Ada");
  CHECK(changed->tags->size() == 1);
}

TEST_CASE("a text that shows nothing is blank", "[wire]") {
  for (const char* unseen : {"\u3000", "\u200B", "\u3164", "\u2060", "\u00A0 \u00AD"}) {
    const auto r = wire::read<part>(json::parse(std::string(R"({"stars":1,"name":")") + unseen + "\"}").value());
    REQUIRE_FALSE(r.ok());
    CHECK(r.refusal().fields.at(0).message == "This field may not be blank.");
  }
}
