#include <catch2/catch.hpp>

#include <filesystem>

#include "api/contracts.hpp"
#include "runtime/settings/table.hpp"
#include "tests/runtime/settings/files.hpp"

using namespace stoa;
using namespace stoa::runtime;
using Catch::Matchers::Contains;

namespace {

// The repository's root, by this file's place in it.
std::filesystem::path root() {
  return std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path();
}

settings with(std::string variable, std::string text) {
  return api::load_settings({.files = {}, .environment = {{std::move(variable), std::move(text)}}, .overrides = {}});
}

std::string refusal(std::string option) {
  try {
    api::load_settings({.files = {}, .environment = {}, .overrides = {std::move(option)}});
  } catch (const settings_error& e) {
    return e.what();
  }
  return "accepted";
}

std::vector<std::string> order_of(const settings& s) {
  std::vector<std::string> names;
  for (const auto& d : api::routing(s).order) names.emplace_back(d.name());
  return names;
}

http::dialect_policy policy_of(const char* name, const settings& s) {
  for (const auto& d : api::descriptions())
    if (d.name == dialect(name)) return api::policy_of(d, s);
  throw std::out_of_range(name);
}

}  // namespace

TEST_CASE("dialects are known by their names", "[dialects]") {
  REQUIRE(api::descriptions().size() == 5);
  for (const auto& d : api::descriptions()) {
    CHECK(api::dialect_named(d.name.name()) == d.name);
    CHECK(d.prefix.ends_with(d.base));
    CHECK_FALSE(d.areas.empty());
  }
  CHECK(!api::dialect_named("x"));
  CHECK(api::dialect_names() == "learnflow, unpuzzle, lms, classic, apranova");
}

TEST_CASE("without any source each dialect has its own defaults", "[dialects]") {
  const auto s = api::load_settings({});
  CHECK(order_of(s) == std::vector<std::string>{"learnflow", "unpuzzle", "lms", "classic", "apranova"});
  CHECK(policy_of("classic", s).limits.at(0).limit == 1000);
  CHECK(policy_of("apranova", s).limits.size() == 3);
  CHECK(api::routing(s).hosts.empty());
}

TEST_CASE("a dialect's section steers its limits and hosts", "[dialects]") {
  const auto hosts = api::routing(with("STOA_DIALECTS_LMS_HOSTS", "a.example, b.example")).hosts;
  REQUIRE(hosts.size() == 2);
  CHECK(hosts[1].host == "b.example");
  CHECK(hosts[1].dialect == dialect("lms"));
  CHECK(policy_of("classic", with("STOA_DIALECTS_CLASSIC_ADDRESS_PER_HOUR", "3")).limits.at(0).limit == 3);
  CHECK(policy_of("classic", with("STOA_LIMITS_ENABLED", "false")).limits.empty());
  CHECK_THAT(refusal("dialects.lms.login_per_hour=0"), Contains("expected an integer from 1 to"));
  CHECK_THAT(refusal("dialects.lms.login_per_hours=1"), Contains("did you mean \"login_per_hour\"?"));
  CHECK_THAT(refusal("dialects.lsm.hosts=a"), Contains("did you mean \"dialects.lms\"?"));
}

TEST_CASE("a section of no dialect names file, line and the likely section", "[dialects]") {
  const runtime::tests::temporary_file file("\n[dialects.host]\n");
  try {
    api::load_settings({.files = {file.path()}, .environment = {}, .overrides = {}});
    FAIL("accepted");
  } catch (const settings_error& e) {
    CHECK(std::string(e.what()).starts_with(file.path().string() + ":2: [dialects.host]: no section has this name"));
  }
}

TEST_CASE("dialects that are not named follow in the default order", "[dialects]") {
  CHECK(order_of(api::load_settings({.files = {}, .environment = {}, .overrides = {"dialects.order=lms,apranova"}})) ==
        std::vector<std::string>{"lms", "apranova", "learnflow", "unpuzzle", "classic"});
  CHECK_THAT(refusal("dialects.order=lms, lms"), Contains("each dialect once"));
  CHECK_THAT(refusal("dialects.order=lms, esperanto"), Contains("\"classic\" or \"apranova\""));
}

TEST_CASE("the documented settings file has every key with its default and a comment", "[settings]") {
  const auto file = root() / "config" / "stoa.toml";
  const auto read = api::load_settings({.files = {file}, .environment = {}, .overrides = {}});
  const auto initial = default_settings();
  for (const auto& k : setting_table()) {
    INFO(k.full_name());
    CHECK(read.origins.count(k.full_name()) == 1);
    CHECK(k.get(read) == k.get(initial));
    CHECK_FALSE(k.about.empty());
  }
  CHECK(read.plugins.sections.count("payments") == 1);
  for (const auto& section : api::declared_sections()) {
    const auto written = runtime::read_section(section, read.written(section.name));
    CHECK(runtime::show_section(section, read.written(section.name)).find("# default") == std::string::npos);
    for (const auto& key : section.keys) {
      INFO(section.name << "." << key.key);
      CHECK_FALSE(key.about.empty());
      if (key.type == setting_type::integer)
        CHECK(written->integer(key.key) == runtime::read_section(section, {})->integer(key.key));
      else if (key.type == setting_type::text)
        CHECK(written->text(key.key) == runtime::read_section(section, {})->text(key.key));
      else
        CHECK(written->text_list(key.key) == runtime::read_section(section, {})->text_list(key.key));
    }
  }
}

TEST_CASE("what the contracts document stands for itself in the list of origins", "[dialects]") {
  const auto origins = [](const char* text) { return api::allowed_origins(with("STOA_CORS_ALLOWED_ORIGINS", text)); };
  CHECK(api::allowed_origins(api::load_settings({})) == std::vector<std::string>{"https://app.unpuzzle.com"});
  CHECK(origins("https://a.example") == std::vector<std::string>{"https://a.example"});
  CHECK(origins("https://a.example, documented") ==
        std::vector<std::string>{"https://a.example", "https://app.unpuzzle.com"});
  CHECK(origins("[]").empty());
}

TEST_CASE("a dialect's host that no request can name is refused", "[dialects]") {
  const auto reading = [](const std::string& host) { return refusal("dialects.lms.hosts=" + host); };
  CHECK(reading("learn.example.com") == "accepted");
  CHECK(reading("LEARN.example.com") == "accepted");
  CHECK(reading("[\"[::1]\"]") == "accepted");
  for (const char* bad : {"learn.example.com:8000", "https://learn.example.com", "learn.example.com/x", "a b"})
    CHECK_THAT(reading(bad), Contains("[dialects.lms] hosts: expected host names"));
}
