#include "runtime/security/passwords.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <ctime>
#include <limits>

#include "stoa/settings.hpp"

using namespace stoa;
using namespace stoa::runtime;

namespace {

const argon2_cost cheap{64, 1, 1};

std::string repeat(std::string_view text, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("a password matches its own hash only", "[passwords]") {
  const password_hasher hasher{cheap};
  const auto phc = hasher.hash("SecurePassword123!");
  CHECK(phc.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
  CHECK(phc.back() != '\0');
  CHECK(hasher.verify("SecurePassword123!", phc));
  CHECK_FALSE(hasher.verify("SecurePassword123", phc));
  CHECK_FALSE(hasher.verify("", phc));
  CHECK(hasher.hash("SecurePassword123!") != phc);
}

TEST_CASE("nothing of a long password is cut off, nor behind a zero", "[passwords]") {
  const password_hasher hasher{cheap};
  const auto base = repeat("ü", 127);
  CHECK_FALSE(hasher.verify(base + "b", hasher.hash(base + "a")));
  CHECK_FALSE(hasher.verify(std::string("secret\0b", 8), hasher.hash(std::string("secret\0a", 8))));
}

TEST_CASE("what is no hash matches nothing", "[passwords]") {
  const password_hasher hasher{cheap};
  auto phc = hasher.hash("x");
  for (const std::string& text :
       {std::string{}, std::string{"x"}, std::string{"$2b$12$abcdefghijklmnopqrstuv"},
        std::string{"$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaA"},
        std::string{"$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$aGFzaA"},
        std::string{"$argon2id$v=19$m=64,t=1,p=1$"}, phc.substr(0, phc.size() - 1), phc + "A"}) {
    CHECK_FALSE(hasher.verify("x", text));
  }
}

TEST_CASE("hashes of another cost are to be renewed", "[passwords]") {
  const password_hasher old{cheap}, now{{128, 1, 1}};
  const auto phc = old.hash("x");
  CHECK_FALSE(old.needs_rehash(phc));
  CHECK(now.needs_rehash(phc));
  CHECK(now.needs_rehash("nonsense"));
  CHECK(now.verify("x", phc));
  CHECK(cost_of(phc) == cheap);
}

TEST_CASE("a hash's parameters are shown without the hash", "[passwords]") {
  CHECK(hash_parameters(password_hasher{cheap}.hash("x")) == "argon2id v=19 m=64 t=1 p=1");
  CHECK(hash_parameters("$2b$12$abc") == "unknown");
}

TEST_CASE("an unknown account costs as much as a known one", "[passwords]") {
  const password_hasher hasher{{4096, 2, 1}};
  const auto phc = hasher.hash("x");
  // The thread's own time: what else the machine does meanwhile does not count.
  auto best = [](auto f) {
    auto spent = [] {
      timespec t{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
    };
    auto least = std::numeric_limits<double>::max();
    for (int i = 0; i < 9; ++i) {
      const auto begin = spent();
      f();
      least = std::min(least, spent() - begin);
    }
    return least;
  };
  const auto known = best([&] { return hasher.verify("y", phc); });
  const auto unknown = best([&] { return hasher.verify_dummy("y"); });
  CHECK(unknown / known > 0.6);
  CHECK(unknown / known < 1.6);
  CHECK_FALSE(hasher.verify_dummy("x"));
}

TEST_CASE("weak or absurd costs are settings errors", "[passwords]") {
  CHECK_NOTHROW(require_strong({}));
  CHECK_THROWS_AS(require_strong({19'455, 2, 1}), settings_error);
  CHECK_THROWS_AS(require_strong({19'456, 1, 1}), settings_error);
  CHECK_THROWS_AS(require_strong({19'456, 2, 0}), settings_error);
  CHECK_THROWS_AS(require_strong({4'000'000, 2, 1}), settings_error);
  CHECK_THROWS_AS(password_hasher({4, 1, 1}), settings_error);
  CHECK_THROWS_AS(password_hasher({64, 0, 1}), settings_error);
  CHECK_THROWS_AS(password_hasher({64, 1, 0}), settings_error);
}

TEST_CASE("good passwords pass the policy", "[passwords]") {
  const password_policy plain, mixed{8, 128, true};
  for (const auto* p : {"SecurePassword123!", "SecurePassword123", "securepassword123", "securepass123",
                        "SecurePass123!", "NewPassword123", "OldPassword123", "correct horse battery staple"}) {
    CAPTURE(p);
    CHECK(plain.check(p, "user@example.com").empty());
  }
  for (const auto* p : {"SecurePassword123!", "SecurePass123!", "NewPassword123"}) CHECK(mixed.check(p).empty());
  CHECK(plain.check(repeat("ü", 8)) == std::vector<std::string>{"This password is too common."});
  CHECK(plain.check(repeat("äöüß", 2)).empty());
  CHECK(plain.check(repeat("äöüß", 32)).empty());
}

TEST_CASE("poor passwords are refused with the reason", "[passwords]") {
  const password_policy plain, mixed{8, 128, true};
  auto only = [](const std::vector<std::string>& messages, std::string_view part) {
    return messages.size() == 1 && messages[0].find(part) != std::string::npos;
  };
  CHECK(plain.check("aB3defg") == std::vector<std::string>{"Password must be at least 8 characters."});
  CHECK(only(plain.check("äöüäöüä"), "at least 8 characters"));
  CHECK(only(plain.check(repeat("äöüß", 32) + "x"), "too long"));
  for (const auto* p : {"password", "PASSWORD1", "12345678", "qwertyuiop", "iloveyou", "letmein123", "aaaaaaaaaaaa"}) {
    CAPTURE(p);
    CHECK(only(plain.check(p), "too common"));
  }
  for (const auto* p : {"securepass123", "SECUREPASS123", "SecurePassword"}) CHECK(only(mixed.check(p), "uppercase"));
  CHECK(only(plain.check("User@Example.com", "user@example.com "), "e-mail"));
  CHECK(only(plain.check("abc\xff"
                         "defgh"),
             "UTF-8"));
  CHECK(plain.check("").size() == 1);
}
