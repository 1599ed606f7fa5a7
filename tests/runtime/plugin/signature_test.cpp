#include "runtime/plugin/signature.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/runtime/store/test_postgres.hpp"

using namespace stoa::runtime;
using namespace stoa::testing;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

struct signing {
  signing() {
    fs::create_directories(plugin() / "migrations");
    write("plugin.toml", "id = \"badges\"");
    write("libstoa_badges.so", "code");
    write("migrations/0001_badges.sql", "create table badge ()");
    m.id = "badges";
    m.version = "1.0.0";
    m.library = "libstoa_badges.so";
    m.dir = plugin();
    key = make_signing_key(dir.path() / "key.pem");
  }
  fs::path plugin() const { return dir.path() / "badges"; }
  void write(const std::string& name, const std::string& text) const { std::ofstream(plugin() / name) << text; }
  std::string refusal(const signature_policy& policy) const {
    try {
      check_signature(m, policy);
    } catch (const plugin_error& e) {
      CHECK(e.step() == "verify");
      return e.what();
    }
    return "";
  }
  temp_dir dir;
  manifest m;
  std::string key;
};

}  // namespace

TEST_CASE("a signed plugin is known by its key, and every change of its files is noticed", "[plugin][signature]") {
  const signing s;
  CHECK(is_public_key(s.key));
  CHECK(sign_plugin(s.plugin(), s.dir.path() / "key.pem") == s.key);
  const signature_policy strict{{s.key}, false};
  CHECK(check_signature(s.m, strict) == "signed by " + s.key);
  const signature_policy lax{{}, true};
  CHECK_THAT(check_signature(s.m, lax), Contains("not among [plugins] trusted_keys"));

  SECTION("a changed file") { s.write("libstoa_badges.so", "other code"); }
  SECTION("a changed manifest") { s.write("plugin.toml", "id = \"badgers\""); }
  SECTION("one more") { s.write("migrations/0002_more.sql", ""); }
  SECTION("one fewer") { fs::remove(s.plugin() / "migrations" / "0001_badges.sql"); }
  SECTION("one of another name") { fs::rename(s.plugin() / "plugin.toml", s.plugin() / "plugin2.toml"); }
  for (const auto& policy : {strict, lax})
    CHECK_THAT(s.refusal(policy), Contains("expected the files that " + s.key + " signed, found others"));
}

TEST_CASE("what is not signed by a trusted key is taken only where that is allowed", "[plugin][signature]") {
  const signing s;
  CHECK(check_signature(s.m, {{}, true}) == "not signed");
  CHECK_THAT(s.refusal({{s.key}, false}), Contains("expected a signature in plugin.sig, found none"));
  const auto other = make_signing_key(s.dir.path() / "other.pem");
  sign_plugin(s.plugin(), s.dir.path() / "other.pem");
  CHECK_THAT(s.refusal({{s.key}, false}), Contains("trusted_keys, found one by " + other));
  CHECK(s.refusal({{s.key, other}, false}) == "");
  // Somebody else's name on it.
  std::ifstream in(s.plugin() / "plugin.sig");
  std::string text{std::istreambuf_iterator<char>(in), {}};
  text.replace(text.find(other), other.size(), s.key);
  s.write("plugin.sig", text);
  CHECK_THAT(s.refusal({{s.key}, false}), Contains("found others"));
  for (const char* nonsense : {"", "stoa plugin signature 1\n", "stoa plugin signature 1\ned25519:00\n00\n"}) {
    s.write("plugin.sig", nonsense);
    CHECK_THAT(s.refusal({{s.key}, true}), Contains("found something else"));
  }
}

TEST_CASE("keys are one's own: nobody else reads them, and none is written over", "[plugin][signature]") {
  const signing s;
  struct stat there {};
  REQUIRE(::stat((s.dir.path() / "key.pem").c_str(), &there) == 0);
  CHECK((there.st_mode & 0777) == 0600);
  CHECK_THROWS_WITH(make_signing_key(s.dir.path() / "key.pem"), Contains("cannot make"));
  CHECK_THROWS_WITH(sign_plugin(s.plugin(), s.plugin() / "plugin.toml"), Contains("expected a private ed25519 key"));
  CHECK_FALSE(is_public_key("ed25519:zz"));
  CHECK_FALSE(is_public_key(s.key.substr(8)));
  fs::create_symlink("plugin.toml", s.plugin() / "link");
  CHECK_THROWS_WITH(sign_plugin(s.plugin(), s.dir.path() / "key.pem"), Contains("found link"));
}
