#include "stoa/signed_links.hpp"

#include <catch2/catch.hpp>

using namespace stoa;

namespace {

const std::string key(32, 'k'), other_key(32, 'o');
const timestamp now = *parse_rfc3339("2026-01-27T16:05:00.5Z");
constexpr const char* path = "/certificates/1/file";

/// The request that a client makes of a link.
request asked(const std::string& link, timestamp at = now) {
  request q;
  q.now = at;
  const auto query = link.substr(link.find('?') + 1);
  const auto and_at = query.find('&');
  for (const auto& part : {query.substr(0, and_at), query.substr(and_at + 1)})
    q.query_params.emplace_back(part.substr(0, part.find('=')), part.substr(part.find('=') + 1));
  return q;
}

std::string outcome(const result<done>& r) { return r ? "opened" : r.refusal().code; }

}  // namespace

TEST_CASE("a signed link opens what it was made for until it expires", "[links]") {
  const link_signer links({key});
  const auto made = links.link(verb::get, path, "download", now + minutes{5});
  CHECK(made.starts_with(std::string(path) + "?expires="));
  CHECK(made.find("&signature=") != made.npos);
  CHECK(outcome(links.check(asked(made), verb::get, path, "download")) == "opened");
  CHECK(outcome(links.check(asked(made, now + minutes{4} + seconds{59}), verb::get, path, "download")) == "opened");
  CHECK(outcome(links.check(asked(made, now + minutes{5}), verb::get, path, "download")) == "LINK_EXPIRED");
}

TEST_CASE("a signed link opens nothing else", "[links]") {
  const link_signer links({key});
  const auto made = links.link(verb::get, path, "download", now + minutes{5});
  CHECK(outcome(links.check(asked(made), verb::del, path, "download")) == "LINK_INVALID");
  CHECK(outcome(links.check(asked(made), verb::get, "/certificates/2/file", "download")) == "LINK_INVALID");
  CHECK(outcome(links.check(asked(made), verb::get, path, "preview")) == "LINK_INVALID");
  CHECK(outcome(link_signer({other_key}).check(asked(made), verb::get, path, "download")) == "LINK_INVALID");

  // Parts do not run into one another.
  const auto split = links.link(verb::get, "/a", "bc", now + minutes{5});
  CHECK(outcome(links.check(asked(split), verb::get, "/ab", "c")) == "LINK_INVALID");

  auto later = asked(made);
  later.query_params[0].second = std::to_string(std::stoll(later.query_params[0].second) + 60);
  CHECK(outcome(links.check(later, verb::get, path, "download")) == "LINK_INVALID");
  // One number, two texts.
  auto padded = asked(made);
  padded.query_params[0].second.insert(0, "0");
  CHECK(outcome(links.check(padded, verb::get, path, "download")) == "LINK_INVALID");

  for (const char* broken : {"", "x", "AAAA", "%%%%"}) {
    auto forged = asked(made);
    forged.query_params[1].second = broken;
    CHECK(outcome(links.check(forged, verb::get, path, "download")) == "LINK_INVALID");
  }
  for (const char* broken : {"", "soon", "-", "1e9", "99999999999999999999999"}) {
    auto forged = asked(made);
    forged.query_params[0].second = broken;
    CHECK(outcome(links.check(forged, verb::get, path, "download")) == "LINK_INVALID");
  }
  CHECK(outcome(links.check(request{}, verb::get, path, "download")) == "LINK_INVALID");
}

TEST_CASE("a link signed with the key before still opens, and new ones take the new key", "[links]") {
  const auto old = link_signer({key}).link(verb::get, path, "download", now + minutes{5});
  const link_signer renewed({other_key, key});
  CHECK(outcome(renewed.check(asked(old), verb::get, path, "download")) == "opened");
  const auto made = renewed.link(verb::get, path, "download", now + minutes{5});
  CHECK(outcome(link_signer({key}).check(asked(made), verb::get, path, "download")) == "LINK_INVALID");
  CHECK(outcome(link_signer({other_key}).check(asked(made), verb::get, path, "download")) == "opened");
}

TEST_CASE("links need a key that nobody guesses", "[links]") {
  CHECK_THROWS_AS(link_signer({}), std::invalid_argument);
  CHECK_THROWS_AS(link_signer({"short"}), std::invalid_argument);
  CHECK_THROWS_AS(link_signer({key, "short"}), std::invalid_argument);
}
