#include "runtime/settings/settings.hpp"
#include "runtime/settings/origin.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "runtime/settings/table.hpp"
#include "runtime/settings/toml_file.hpp"
#include "tests/runtime/settings/files.hpp"

using namespace stoa;
using namespace stoa::runtime;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using stoa::runtime::tests::temporary_file;

namespace {

// The repository's root, by this file's place in it.
std::filesystem::path root() {
  return std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path();
}

sources toml(const temporary_file& file) { return {.files = {file.path()}, .environment = {}, .overrides = {}}; }
sources environment(std::string name, std::string text) {
  return {.files = {}, .environment = {{std::move(name), std::move(text)}}, .overrides = {}};
}
sources option(std::string text) { return {.files = {}, .environment = {}, .overrides = {std::move(text)}}; }

std::string refusal(const sources& from) {
  try {
    load(from);
  } catch (const settings_error& error) {
    return error.what();
  }
  return "accepted";
}

std::string refusal_of(std::string_view text) {
  const temporary_file file(text);
  auto message = refusal(toml(file));
  const auto name = file.path().string();
  if (message.starts_with(name)) message.replace(0, name.size(), "FILE");
  return message;
}

sources production() {
  return {.files = {},
          .environment = {{"STOA_SERVER_ENVIRONMENT", "production"},
                          {"STOA_SECURITY_TOKEN_KEY", "0123456789abcdef0123456789abcdef"},
                          {"STOA_ACCOUNTS_SUPABASE_WEBHOOK_SECRET", "a-real-secret"}},
          .overrides = {}};
}

}  // namespace

TEST_CASE("without any source the defaults hold", "[settings]") {
  const auto s = load({});
  CHECK_FALSE(s.server.production());
  CHECK(s.http.listen == endpoint{"127.0.0.1", 8000});
  CHECK(s.http.max_body == byte_size{1 << 20});
  CHECK(s.http.request_timeout == seconds{8});
  CHECK(s.database.mode == database_mode::embedded);
  CHECK(s.data.dir == "data");
  CHECK(s.security.token_key.size() >= 32);
  CHECK(s.security.argon2_memory == byte_size{19LL << 20});
  CHECK(s.accounts.self_service_roles == std::vector<std::string>{"student", "instructor"});
  CHECK(s.limits.enabled);
  CHECK(s.cors.allowed_origins == std::vector<std::string>{"documented"});
  CHECK(s.log.level == log_level::info);
  CHECK(s.log.format == log_format::automatic);
  CHECK(s.server.actor_workers() >= 1);
  CHECK(s.plugins.folder().filename() == "plugins");
  CHECK(s.origins.empty());
}

TEST_CASE("each layer overrides the one below", "[settings]") {
  const temporary_file low(
      "[http]\nlisten = \"127.0.0.1:1\"\nmax_body = \"1KiB\"\npipelining = 2\nmax_in_flight = 5\n");
  const temporary_file high("[http]\nmax_body = 2048\npipelining = 3\nmax_in_flight = 6\n");
  const auto s = load({.files = {low.path(), high.path()},
                       .environment = {{"STOA_HTTP_PIPELINING", "5"}, {"STOA_HTTP_MAX_IN_FLIGHT", "7"}, {"PATH", "x"}},
                       .overrides = {"http.max_in_flight=8"}});
  CHECK(s.http.listen.port == 1);
  CHECK(s.http.max_body.bytes == 2048);
  CHECK(s.http.pipelining == 5);
  CHECK(s.http.max_in_flight == 8);
  CHECK(s.http.max_connections == 10000);
  CHECK(s.origins.at("http.listen") == low.path().string() + ":2");
  CHECK(s.origins.at("http.max_body") == high.path().string() + ":2");
  CHECK(s.origins.at("http.pipelining") == "environment variable STOA_HTTP_PIPELINING");
  CHECK(s.origins.at("http.max_in_flight") == "command line");
}

TEST_CASE("every key is read from the environment, the command line and TOML", "[settings]") {
  for (const auto& k : setting_table()) {
    INFO(k.full_name());
    const auto current = k.get(default_settings());
    const auto text = k.kind == value_kind::text ? std::get<std::string>(current) : k.initial;
    const auto by_variable = load(environment(k.variable(), text));
    CHECK(k.get(by_variable) == current);
    CHECK(by_variable.origins.count(k.full_name()) == 1);
    CHECK(k.get(load(option(k.full_name() + "=" + text))) == current);
    const temporary_file file("[" + k.section + "]\n" + k.name + " = " + toml_text(current, k.kind) + "\n");
    CHECK(k.get(load(toml(file))) == current);
  }
}

TEST_CASE("texts of the environment become typed values", "[settings]") {
  CHECK_FALSE(load(environment("STOA_LIMITS_ENABLED", "false")).limits.enabled);
  CHECK_FALSE(load(environment("STOA_LIMITS_ENABLED", "0")).limits.enabled);
  CHECK(load(environment("STOA_DATABASE_MODE", "embedded")).database.mode == database_mode::embedded);
  CHECK(load(environment("STOA_LOG_LEVEL", "error")).log.level == log_level::error);
  CHECK(load(environment("STOA_HTTP_LISTEN", "[::1]:0")).http.listen == endpoint{"::1", 0});
  CHECK(load(environment("STOA_ACCOUNTS_SELF_SERVICE_ROLES", "student")).accounts.self_service_roles.size() == 1);
}

TEST_CASE("an unknown key names file, line and the likely key", "[settings]") {
  CHECK(refusal_of("[http]\n\nlisen = \"127.0.0.1:1\"\n") ==
        "FILE:3: [http] lisen: no setting has this name (did you mean \"listen\"?)");
  CHECK(refusal_of("[http]\ntoken_key = \"x\"\n") ==
        "FILE:2: [http] token_key: no setting has this name (there is [security] token_key)");
  CHECK(refusal_of("[http]\nbanana = 1\n") == "FILE:2: [http] banana: no setting has this name");
}

TEST_CASE("an unknown section names file, line and the likely section", "[settings]") {
  CHECK(refusal_of("[htpp]\nlisten = \"127.0.0.1:1\"\n") ==
        "FILE:1: [htpp]: no section has this name (did you mean \"http\"?)");
  CHECK_THAT(refusal_of("[[http]]\n"), StartsWith("FILE:1: http: expected a section"));
  CHECK_THAT(refusal_of("listen = 1\n"), StartsWith("FILE:1: listen: expected a section"));
  CHECK_THAT(refusal_of("[plugins.payments.more.than]\n"), Contains("expected a plugin's id"));
}

TEST_CASE("a wrong type or value names what was expected and what was found", "[settings]") {
  CHECK(refusal_of("[http]\npipelining = \"many\"\n") ==
        "FILE:2: [http] pipelining: expected an integer from 1 to 64, found \"many\"");
  CHECK(refusal_of("[http]\npipelining = 65\n") ==
        "FILE:2: [http] pipelining: expected an integer from 1 to 64, found 65");
  CHECK(refusal_of("[http]\npipelining = \"4\"\n") ==
        "FILE:2: [http] pipelining: expected an integer from 1 to 64, found \"4\"");
  CHECK(refusal_of("[database]\nmode = \"postgres\"\n") ==
        "FILE:2: [database] mode: expected \"embedded\" or \"external\", found \"postgres\"");
  CHECK(refusal_of("[limits]\nenabled = 1\n") == "FILE:2: [limits] enabled: expected true or false, found 1");
  CHECK_THAT(refusal_of("[http]\nrequest_timeout = 8\n"), Contains("expected a duration such as \"500ms\""));
  CHECK_THAT(refusal_of("[http]\nmax_body = 1.5\n"), Contains("found a floating-point number"));
  CHECK_THAT(refusal_of("[http]\nlisten = \"8000\"\n"), Contains("an address and a port"));
  CHECK_THAT(refusal_of("[http]\nlisten = \"a:70000\"\n"), Contains("an address and a port"));
  CHECK_THAT(refusal_of("[http]\ntrusted_proxies = [\"10.0.0.0/33\"]\n"), Contains("10.0.0.0/8"));
  CHECK_THAT(refusal_of("[cors]\nallowed_origins = [\"*\"]\n"), Contains("without *"));
  CHECK_THAT(refusal_of("[cors]\nallowed_origins = [1]\n"), Contains("members that are no texts"));
  CHECK_THAT(refusal_of("[accounts]\nself_service_roles = [\"admin\"]\n"), Contains("\"student\" or \"instructor\""));
}

TEST_CASE("what is not TOML names file and line", "[settings]") {
  CHECK_THAT(refusal_of("[http]\nlisten = \n"), StartsWith("FILE:2: not valid TOML"));
  CHECK_THAT(refusal_of("[http]\nlisten = \"a:1\"\nlisten = \"b:1\"\n"), StartsWith("FILE:3: not valid TOML"));
  CHECK(refusal_of("") == "accepted");
  CHECK_THAT(refusal({.files = {"/nonexistent/stoa.toml"}, .environment = {}, .overrides = {}}),
             Contains("/nonexistent/stoa.toml: the settings file cannot be read"));
}

TEST_CASE("an origin is one that a browser may send, or it is refused", "[settings]") {
  const std::vector<std::pair<const char*, const char*>> sound{
      {"https://app.example.com", "https://app.example.com"},
      {"https://App.Example.com", "https://app.example.com"},
      {"HTTPS://app.example.com:443", "https://app.example.com"},
      {"http://h:80/", "http://h"},
      {"http://h:443", "http://h:443"},
      {"http://[0:0::1]:3000", "http://[::1]:3000"}};
  for (const auto& [written, sent] : sound) {
    INFO(written);
    CHECK(canonical_origin(written) == sent);
    CHECK(refusal(option(std::string("cors.allowed_origins=") + written)) == "accepted");
  }
  for (const char* bad : {"app.example.com", "ftp://h", "https://", "https://h/path", "https://*.h", "https://h:0",
                          "https://h:99999", "https://h:", "https://h:x", "https://me@h",
                          "https://b\xc3\xbc"
                          "cher.example",
                          "https://a b", "https://[::1", "https://h?x", "null", "*"}) {
    INFO(bad);
    CHECK_FALSE(canonical_origin(bad));
    CHECK_THAT(refusal(option(std::string("cors.allowed_origins=") + bad)),
               Contains("[cors] allowed_origins: expected \"documented\", or origins such as"));
  }
}

TEST_CASE("a public address has no query, no blank and no final slash", "[settings]") {
  for (const char* good : {"https://h", "http://h:8000/learn", "https://H.example/a/b"})
    CHECK(refusal(option(std::string("http.public_url=") + good)) == "accepted");
  for (const char* bad :
       {"h", "https://h/", "https://h?x=1", "https://h/#a", "https://h /x", "https://", "https://h:x"})
    CHECK_THAT(refusal(option(std::string("http.public_url=") + bad)), Contains("[http] public_url: expected"));
}

TEST_CASE("a wrong variable is named", "[settings]") {
  CHECK(refusal(environment("STOA_HTTP_PIPELINING", "x")) ==
        "environment variable STOA_HTTP_PIPELINING: [http] pipelining: expected an integer from 1 to 64, found \"x\"");
  for (const auto* name : {"STOA_DATA", "STOA_LISTEN", "STOA_CONFIG", "STOA_TEST_URL", "HOME"}) {
    CHECK(refusal(environment(name, "anything")) == "accepted");
    CHECK(load(environment(name, "anything")).warnings.empty());
  }
}

TEST_CASE("a variable of no setting is a warning that names it and never its value", "[settings]") {
  CHECK(load(environment("STOA_HTTP_LISEN", "a-value")).warnings ==
        std::vector<std::string>{
            "environment variable STOA_HTTP_LISEN: no setting has this name (did you mean \"STOA_HTTP_LISTEN\"?)"});
  // What a container platform sets for a service called stoa.
  for (const std::string name : {"STOA_SERVICE_HOST", "STOA_SERVICE_PORT", "STOA_PORT", "STOA_PORT_8000_TCP",
                                 "STOA_PORT_8000_TCP_ADDR", "STOA_PLUGINS_PAYMENTS", "STOA_PLUGINS__KEY"}) {
    const auto s = load(environment(name, "tcp://10.0.0.1:8000"));
    INFO(name);
    REQUIRE(s.warnings.size() == 1);
    CHECK_THAT(s.warnings.front(), StartsWith("environment variable " + name + ": no setting has this name"));
    CHECK_THAT(s.warnings.front(), !Contains("10.0.0.1"));
    CHECK(s.http.listen == default_settings().http.listen);
  }
  CHECK(load(environment("STOA_HTTP_PIPELINING", "5")).warnings.empty());
}

TEST_CASE("a wrong option is named", "[settings]") {
  CHECK_THAT(refusal(option("listen=1")), Contains("expected section.key=value"));
  CHECK_THAT(refusal(option("http.listen")), Contains("expected section.key=value"));
  CHECK_THAT(refusal(option("http.lisen=x")), Contains("did you mean \"listen\"?"));
  CHECK(load(option("database.url=host=a.b dbname=c")).database.url == "host=a.b dbname=c");
}

TEST_CASE("secrets appear neither in errors nor in the overview", "[settings]") {
  CHECK(
      refusal(environment("STOA_SECURITY_TOKEN_KEY", "too-short-secret")) ==
      "environment variable STOA_SECURITY_TOKEN_KEY: [security] token_key: expected a text of at least 32 bytes, found "
      "something else");
  const auto s = load({.files = {},
                       .environment = {{"STOA_SECURITY_TOKEN_KEY", "a-secret-key-of-more-than-32-bytes!!"},
                                       {"STOA_PLUGINS_PAYMENTS_STRIPE_API_KEY", "sk_hidden"}},
                       .overrides = {}});
  const auto text = show(s);
  CHECK_THAT(text, Contains("token_key = \"***\"  # environment variable STOA_SECURITY_TOKEN_KEY"));
  CHECK_THAT(text, !Contains("a-secret-key"));
  CHECK_THAT(text, !Contains("sk_hidden"));
  CHECK_THAT(text, Contains("listen = \"127.0.0.1:8000\"  # default"));
}

TEST_CASE("the overview is TOML with every key", "[settings]") {
  const temporary_file file(show(default_settings()));
  std::set<std::string> shown;
  for (const auto& section : read_toml(file.path())) {
    for (const auto& raw : section.values) shown.insert(section.name + "." + raw.key);
  }
  for (const auto& k : setting_table()) CHECK(shown.count(k.full_name()) == 1);
}

TEST_CASE("production refuses development secrets and weak settings", "[settings]") {
  CHECK(refusal(production()) == "accepted");
  auto from = production();
  from.environment.erase(from.environment.begin() + 1);
  CHECK_THAT(refusal(from), Contains("[security] token_key must not be the development default"));
  from = production();
  from.environment.emplace_back("STOA_SECURITY_TOKEN_KEY_PREVIOUS", development_token_key);
  CHECK_THAT(refusal(from), Contains("[security] token_key_previous must not be the development default"));
  from.environment.back().second = "short";
  CHECK_THAT(refusal(from), Contains("at least 32 bytes"));
  from.environment.back().second = std::string(32, 'o');
  CHECK(refusal(from) == "accepted");
  from = production();
  from.environment.pop_back();
  CHECK_THAT(refusal(from), Contains("[accounts] supabase_webhook_secret must not be the development default"));
  from = production();
  from.overrides = {"security.cookie_secure=false"};
  CHECK_THAT(refusal(from), Contains("cookie_secure must be true"));
  from.overrides = {"security.argon2_memory=1MiB"};
  CHECK_THAT(refusal(from), Contains("argon2_memory"));
}

TEST_CASE("an external database needs a connection string", "[settings]") {
  CHECK_THAT(refusal(option("database.mode=external")), Contains("[database] url: expected a connection string"));
}

TEST_CASE("the ready deployments are valid", "[settings]") {
  CHECK_FALSE(load({.files = {root() / "config" / "dev.toml"}, .environment = {}, .overrides = {}}).limits.enabled);
  auto from = production();
  from.files = {root() / "config" / "single.toml"};
  CHECK_THAT(refusal(from), Contains("[database] url"));
  from.environment.emplace_back("STOA_DATABASE_URL", "host=localhost dbname=stoa");
  CHECK(load(from).server.production());
}

TEST_CASE("a declared section is checked, layered and shown like the core's own", "[settings]") {
  const std::vector<declared_section> declared{
      {"shops", {{"order", setting_type::text_list, "b, a", "who comes first", {"a", "b"}, false}}},
      {"shops.a", {{"per_hour", setting_type::integer, "10", "visits", {}, false, 1, 100}}}};
  const temporary_file file("[shops]\norder = [\"a\"]\n[shops.a]\nper_hour = 5\n");
  const auto s =
      load({.files = {file.path()}, .environment = {{"STOA_SHOPS_A_PER_HOUR", "7"}}, .overrides = {}}, declared);
  CHECK(s.warnings.empty());
  CHECK(read_section(declared[0], s.written("shops"))->text_list("order") == std::vector<std::string>{"a"});
  CHECK(read_section(declared[1], s.written("shops.a"))->integer("per_hour") == 7);
  CHECK(read_section(declared[1], {})->integer("per_hour") == 10);
  CHECK(s.written("nobody").empty());
  CHECK_THAT(show(s, declared), Contains("[shops.a]\nper_hour = 7  # environment variable STOA_SHOPS_A_PER_HOUR\n"));

  const auto refused = [&](const std::string& text) {
    const temporary_file bad(text);
    try {
      load({.files = {bad.path()}, .environment = {}, .overrides = {}}, declared);
    } catch (const settings_error& e) {
      return std::string(e.what()).substr(bad.path().string().size());
    }
    return std::string("accepted");
  };
  CHECK(refused("[shops.a]\nper_hour = 0\n") == ":2: [shops.a] per_hour: expected an integer from 1 to 100, found 0");
  CHECK(refused("[shops.a]\nper_hours = 1\n") ==
        ":2: [shops.a] per_hours: no setting has this name (did you mean \"per_hour\"?)");
  CHECK_THAT(refused("[shops]\norder = [\"c\"]\n"), Contains("a list of \"a\" or \"b\""));
  CHECK_THAT(refused("[shops.b]\n"), StartsWith(":1: [shops.b]: no section has this name"));
  // Nobody declared it: the core knows no such section.
  CHECK_THAT(refusal(toml(file)), Contains("[shops]: no section has this name"));
}

TEST_CASE("names in the table are unique, also as variables", "[settings]") {
  std::set<std::string> variables;
  for (const auto& k : setting_table()) CHECK(variables.insert(k.variable()).second);
}
