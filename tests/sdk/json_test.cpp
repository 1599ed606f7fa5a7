#include "stoa/json.hpp"

#include <catch2/catch.hpp>

using namespace stoa;

namespace {
bool refused(std::string_view text) {
  const auto r = json::parse(text);
  if (r.ok()) return false;
  CHECK(r.refusal().kind == fault_kind::malformed);
  CHECK(r.refusal().code == "MALFORMED_JSON");
  return true;
}
}  // namespace

TEST_CASE("json keeps numbers and the order of members", "[json]") {
  const auto r = json::parse(R"( {"b": 89.99, "a": [true, null, "x\u00e9\ud83d\ude00"], "n": -12, "big": 1e3} )");
  REQUIRE(r.ok());
  CHECK(r.value().dump() == "{\"b\":89.99,\"a\":[true,null,\"x\u00e9\U0001F600\"],\"n\":-12,\"big\":1e3}");
  CHECK(r.value().find("b")->text() == "89.99");
  CHECK(*r.value().find("n")->as_integer() == -12);
  CHECK(*r.value().find("big")->as_integer() == 1000);
  CHECK(!r.value().find("b")->as_integer());
  CHECK(*r.value().find("b")->as_real() == Approx(89.99));
  CHECK(r.value().find("c") == nullptr);
  CHECK(*json::number("5.0").as_integer() == 5);
  CHECK(!json::number("9223372036854775808").as_integer());
  CHECK(*json::number("9223372036854775807").as_integer() == INT64_MAX);
}

TEST_CASE("json refuses what is not JSON", "[json]") {
  for (const char* text :
       {"",      " ",       "{",        "[1,",      "{\"a\":1,}",        "{a:1}",        "nul",
        "01",    "1 2",     "\"\x01\"", "\"\xff\"", "{\"a\":1,\"a\":2}", "\"\\ud800\"",  "\"\\udc00x\"",
        "1e999", "[1e400]", "'a'",      "NaN",      "// c\n1",           "\"\xc0\xaf\"", "+1",
        ".5",    "\"abc"}) {
    INFO(text);
    CHECK(refused(text));
  }
  CHECK(refused(std::string("\"a\0b\"", 5)));
}

TEST_CASE("json refuses U+0000 wherever it stands and names the field", "[json]") {
  for (const auto& [text, field] : {std::pair{R"({"a": "x\u0000"})", "a"},
                                    {R"({"a": {"b": ["x", {"c": "\u0000"}]}})", "a.b.1.c"},
                                    {R"({"a": {"b\u0000c": 1}})", "a.b"},
                                    {R"(["x", "\u0000"])", "1"},
                                    {R"("\u0000")", ""}}) {
    INFO(text);
    const auto r = json::parse(text);
    REQUIRE_FALSE(r.ok());
    CHECK(r.refusal().kind == fault_kind::invalid);
    REQUIRE(r.refusal().fields.size() == 1);
    CHECK(r.refusal().fields[0].field == field);
  }
  CHECK(json::parse(R"({"a": "\\u0000"})").ok());
}

TEST_CASE("json bounds depth and number of values", "[json]") {
  CHECK(json::parse(std::string(32, '[') + std::string(32, ']')).ok());
  CHECK(refused(std::string(33, '[') + std::string(33, ']')));
  CHECK(refused(std::string(100000, '[')));
  std::string many = "[0";
  for (int i = 0; i < 100'000; ++i) many += ",0";
  CHECK(refused(many + "]"));
  std::string keys = "{\"k0\":0";
  for (int i = 1; i < 40'000; ++i) keys += ",\"k" + std::to_string(i) + "\":0";
  CHECK(json::parse(keys + "}").ok());
  CHECK(refused(keys + ",\"k77\":1}"));
}

TEST_CASE("json text of a query reads as what is wanted", "[json]") {
  CHECK(*json::from_text("12").as_integer() == 12);
  CHECK(*json::from_text("4.5").as_real() == 4.5);
  CHECK(*json::from_text("TRUE").truth());
  CHECK(!*json::from_text("0").truth());
  CHECK(!json::from_text("yes").truth());
  CHECK(json::from_text("12").is_string());
  CHECK(!json::string("12").as_integer());
  CHECK(!json::string("true").truth());
}

TEST_CASE("json writer writes what reads back", "[json]") {
  json_writer w;
  w.begin_object();
  w.key("a\"b"), w.string("line\nquote\"back\\tab\tnul\x01");
  w.key("list");
  w.begin_array();
  w.integer(-5), w.real(4.8), w.real(100000), w.real(0), w.real(1e300), w.boolean(true), w.null();
  w.real(std::numeric_limits<double>::quiet_NaN());
  w.raw("89.90");
  w.begin_object();
  w.end_object();
  w.end_array();
  w.key("z"), w.begin_array(), w.end_array();
  w.end_object();
  CHECK(w.str() ==
        "{\"a\\\"b\":\"line\\nquote\\\"back\\\\tab\\tnul\\u0001\","
        "\"list\":[-5,4.8,100000,0,1e+300,true,null,null,89.90,{}],\"z\":[]}");
  CHECK(json::parse(w.str()).ok());
}
