#include "runtime/settings/section.hpp"

#include <catch2/catch.hpp>

#include "runtime/settings/settings.hpp"
#include "tests/runtime/settings/files.hpp"

using namespace stoa;
using namespace stoa::runtime;
using Catch::Matchers::Contains;
using stoa::runtime::tests::temporary_file;

namespace {

const std::vector<setting> schema{
    {"provider", setting_type::text, "sandbox", "who takes the money", {"sandbox", "stripe"}, false},
    {"api_key", setting_type::text, "", "the key", {}, true},
    {"retries", setting_type::integer, "3", "attempts", {}, false},
    {"delay", setting_type::duration, "500ms", "between attempts", {}, false},
    {"live", setting_type::boolean, "false", "really", {}, false},
    {"currencies", setting_type::text_list, "usd, eur", "accepted", {"usd", "eur", "gbp"}, false},
};

std::vector<raw_value> written(const sources& from) { return load(from).plugins.section("payments"); }

std::string refusal(const std::vector<raw_value>& values, const std::vector<setting>& known = schema) {
  try {
    make_section("payments", values, known);
  } catch (const settings_error& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a plugin's section has its defaults", "[settings]") {
  const auto view = make_section("payments", {}, schema);
  CHECK(view->text("provider") == "sandbox");
  CHECK(view->text("api_key").empty());
  CHECK(view->integer("retries") == 3);
  CHECK(view->duration("delay") == milliseconds{500});
  CHECK_FALSE(view->boolean("live"));
  CHECK(view->text_list("currencies") == std::vector<std::string>{"usd", "eur"});
}

TEST_CASE("a plugin's section is layered like the rest", "[settings]") {
  const temporary_file file(
      "[plugins.payments]\nprovider = \"stripe\"\nretries = 4\ndelay = \"1s\"\nlive = true\ncurrencies = [\"gbp\"]\n");
  const auto view = make_section("payments",
                                 written({.files = {file.path()},
                                          .environment = {{"STOA_PLUGINS_PAYMENTS_RETRIES", "5"},
                                                          {"STOA_PLUGINS_PAYMENTS_API_KEY", "k"},
                                                          {"STOA_PLUGINS_OTHER_KEY", "x"}},
                                          .overrides = {"plugins.payments.delay=2s"}}),
                                 schema);
  CHECK(view->text("provider") == "stripe");
  CHECK(view->text("api_key") == "k");
  CHECK(view->integer("retries") == 5);
  CHECK(view->duration("delay") == milliseconds{2000});
  CHECK(view->boolean("live"));
  CHECK(view->text_list("currencies") == std::vector<std::string>{"gbp"});
}

TEST_CASE("a mistake in a plugin's section names where it is and what was expected", "[settings]") {
  const temporary_file file("[plugins.payments]\n\nprovidr = \"stripe\"\n");
  CHECK(refusal(written({.files = {file.path()}, .environment = {}, .overrides = {}})) ==
        file.path().string() +
            ":3: [plugins.payments] providr: the plugin has no setting of this name (did you mean \"provider\"?)");
  CHECK(refusal(written({.files = {}, .environment = {{"STOA_PLUGINS_PAYMENTS_PROVIDER", "cash"}}, .overrides = {}})) ==
        "environment variable STOA_PLUGINS_PAYMENTS_PROVIDER: [plugins.payments] provider: expected \"sandbox\" or "
        "\"stripe\", found \"cash\"");
  const auto one = [](std::string key, literal data) {
    return std::vector<raw_value>{{std::move(key), std::move(data), false, "f.toml:1"}};
  };
  CHECK_THAT(refusal(one("retries", std::string("3"))), Contains("expected an integer, found \"3\""));
  CHECK_THAT(refusal(one("delay", std::int64_t{3})), Contains("expected a duration"));
  CHECK_THAT(refusal(one("currencies", std::vector<std::string>{"chf"})), Contains("a list of \"usd\", \"eur\" or"));
  CHECK_THAT(refusal(one("api_key", std::int64_t{12345})), !Contains("12345"));
}

TEST_CASE("a plugin asks only for what it declared, as declared", "[settings]") {
  const auto view = make_section("payments", {}, schema);
  CHECK_THROWS_AS(view->text("missing"), settings_error);
  CHECK_THROWS_AS(view->integer("provider"), settings_error);
  CHECK_THAT(refusal({}, {{"retries", setting_type::integer, "", "no default", {}, false}}), Contains("the default"));
}

TEST_CASE("a plugin's section is shown without its secrets", "[settings]") {
  const std::vector<raw_value> values{{"api_key", std::string("sk_hidden"), true, "environment variable X"}};
  const auto text = show_section("payments", values, schema);
  CHECK_THAT(text, Contains("api_key = \"***\"  # environment variable X"));
  CHECK_THAT(text, Contains("provider = \"sandbox\"  # default"));
  CHECK_THAT(text, !Contains("sk_hidden"));
}

namespace {

const std::vector<setting> providers{
    {"providers", setting_type::text_list, "", "which", {}},
    {"*.client_id", setting_type::text, "", "of each", {}},
    {"*.client_secret", setting_type::text, "", "of each", {}, true},
    {"*.pkce", setting_type::boolean, "true", "of each", {}},
};

}  // namespace

TEST_CASE("a plugin's section may have tables of keys that its schema names once", "[settings]") {
  const temporary_file file(
      "[plugins.payments]\nproviders = [\"google\", \"own\"]\n[plugins.payments.google]\nclient_id = \"g\"\n");
  const auto all = written({.files = {file.path()},
                            .environment = {{"STOA_PLUGINS_PAYMENTS_GOOGLE_CLIENT_SECRET", "s"}},
                            .overrides = {"plugins.payments.own.pkce=false"}});
  const auto view = make_section("payments", all, providers);
  CHECK(view->text("google.client_id") == "g");
  CHECK(view->text("google.client_secret") == "s");
  CHECK(view->boolean("google.pkce"));
  CHECK_FALSE(view->boolean("own.pkce"));
  CHECK(view->text("own.client_id").empty());
  CHECK_THROWS_AS(view->text("own.scopes"), settings_error);

  const auto shown = show_section("payments", all, providers);
  CHECK_THAT(shown, Contains("google.client_id = \"g\"") && Contains("google.client_secret = \"***\""));
  CHECK_THAT(shown, !Contains("*."));
}

TEST_CASE("keys of tables are checked like others", "[settings]") {
  CHECK_THAT(refusal({{"google.client", std::string("x"), false, "f:1"}}, providers), Contains("google.client"));
  CHECK_THAT(refusal({{"google.pkce", std::string("maybe"), false, "f:2"}}, providers),
             Contains("f:2: [plugins.payments] google.pkce: expected"));
  CHECK_THAT(refusal({{"*.client", std::string("x"), false, "f:3"}}, providers), Contains("f:3"));
  CHECK_THAT(refusal({{"client_id", std::string("x"), false, "f:4"}}, providers), Contains("f:4"));
  for (const char* text : {"[plugins.payments.google.more]\nclient_id = \"g\"\n", "[plugins.payments.G]\na = 1\n"}) {
    const temporary_file file(text);
    CHECK_THROWS_AS(load({.files = {file.path()}, .environment = {}, .overrides = {}}), settings_error);
  }
}
