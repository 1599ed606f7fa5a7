// The plugin against providers that others wrote, and against one that answers whatever a test wants.
#include <catch2/catch.hpp>

#include "runtime/outbound/curl_http_client.hpp"
#include "stoa/areas/identity.hpp"
#include "tests/plugins/identity/providers.hpp"
#include "tests/plugins/support/plugin_bench.hpp"
#include "tests/runtime/outbound/tiny_server.hpp"

using namespace stoa;
using namespace stoa::testing;

extern "C" const stoa::plugin_entry* stoa_identity_entry();

namespace {

using written = plugin_bench::written;

/// The plugin with the world's own time: what others sign is good now.
struct bench : plugin_bench {
  explicit bench(const written& settings) : plugin_bench(*stoa_identity_entry(), http(), settings) {
    time.set(system_clock().now());
  }
  static http_client& http() {
    static runtime::curl_http_client one{{}};
    return one;
  }
  identity_broker& broker() { return *host.areas.find<identity_broker>(); }
  result<identity_start> begin(const std::string& provider, const std::string& back = identity_redirect) {
    return wait_for(broker().begin({provider, back}));
  }
  result<identity_claim> finish(identity_answer a) { return wait_for(broker().finish(std::move(a))); }
};

std::string code_of(const result<identity_claim>& r) { return r ? "none" : r.refusal().code; }

identity_answer answer_of(const std::string& provider, const std::string& location, const identity_start& start) {
  return {provider, parameter(location, "code"), identity_redirect, parameter(location, "state"), start.binding,
          "",       parameter(location, "iss")};
}

written own_provider(const std::string& issuer) {
  return {{"providers", "own"},
          {"own.issuer", issuer},
          {"own.client_id", "stoa"},
          {"own.client_secret", "s3cr3t"},
          {"own.title", "Our own"}};
}

oidc_server& shared_op() {
  static oidc_server one;
  return one;
}

}  // namespace

TEST_CASE("somebody signs in at an OpenID Connect provider, with state, nonce and PKCE", "[identity][npm]") {
  bench b{own_provider(shared_op().issuer())};
  REQUIRE(b.broker().providers().size() == 2);
  CHECK(b.broker().providers()[0].title == "Our own");
  const auto start = b.begin("own");
  REQUIRE(start);
  CHECK(parameter(start->url, "code_challenge_method") == "S256");
  CHECK_FALSE(parameter(start->url, "nonce").empty());
  CHECK(parameter(start->url, "state") == start->state);
  CHECK(start->url.find(start->binding) == std::string::npos);
  const auto back = browse(start->url, "ada");
  const auto answer = answer_of("own", back, *start);
  const auto claim = b.finish(answer);
  REQUIRE(code_of(claim) == "none");
  CHECK(claim->provider == "own");
  CHECK(claim->subject == "ada");
  CHECK(claim->email == "ada@example.test");
  CHECK(claim->email_verified);
  CHECK(claim->name == "ada of OP");

  // Neither the state nor the code is good again.
  CHECK(code_of(b.finish(answer)) == "STATE_INVALID");
  auto bare = answer;
  bare.state.clear();
  CHECK(code_of(b.finish(bare)) == "IDENTITY_REFUSED");
  CHECK(b.one("select count(*) from plugin_identity.start") == "0");
}

TEST_CASE("who is not verified there is not verified here", "[identity][npm]") {
  bench b{own_provider(shared_op().issuer())};
  const auto start = b.begin("own");
  REQUIRE(start);
  const auto claim = b.finish(answer_of("own", browse(start->url, "unv1"), *start));
  REQUIRE(code_of(claim) == "none");
  CHECK_FALSE(claim->email_verified);
}

TEST_CASE("a state is of one browser, one provider, one address and some minutes", "[identity][npm]") {
  bench b{own_provider(shared_op().issuer())};
  const auto spoiled = [&](const char* what) {
    const auto start = b.begin("own");
    REQUIRE(start);
    auto answer = answer_of("own", browse(start->url, "eve"), *start);
    if (what == std::string("binding")) answer.binding = "another";
    if (what == std::string("none")) answer.binding.clear();
    if (what == std::string("provider")) answer.provider = "sandbox";
    if (what == std::string("late")) b.time.advance(minutes{11});
    if (what == std::string("issuer")) answer.issuer = "https://evil.example";
    return code_of(b.finish(std::move(answer)));
  };
  for (const char* what : {"binding", "none", "provider", "late"}) {
    INFO(what);
    CHECK(spoiled(what) == "STATE_INVALID");
  }
  CHECK(spoiled("issuer") == "IDENTITY_REFUSED");
  CHECK(wait_for(b.broker().begin({"own", "http://localhost:3000/auth/callback/"})).refusal().fields.at(0).field ==
        "redirect_uri");
  CHECK(wait_for(b.broker().begin({"nobody", identity_redirect})).refusal().code == "PROVIDER_NOT_FOUND");
}

TEST_CASE("a page's own code needs the verifier that belongs to it", "[identity][npm]") {
  bench b{own_provider(shared_op().issuer())};
  const auto url =
      shared_op().issuer() +
      "/auth?client_id=stoa&response_type=code&scope=openid%20email&state=s&redirect_uri=" + identity_redirect +
      "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
  const std::string verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const auto code = parameter(browse(url, "bob"), "code");
  CHECK(code_of(b.finish({"own", code, identity_redirect, "", "", "wrong" + verifier, ""})) == "IDENTITY_REFUSED");
  const auto again = parameter(browse(url, "bob"), "code");
  const auto claim = b.finish({"own", again, identity_redirect, "", "", verifier, ""});
  REQUIRE(code_of(claim) == "none");
  CHECK(claim->subject == "bob");
  CHECK(code_of(b.finish({"own", "made-up", identity_redirect, "", "", verifier, ""})) == "IDENTITY_REFUSED");
}

TEST_CASE("a secret that the provider does not take is the operator's to mend", "[identity][npm]") {
  auto settings = own_provider(shared_op().issuer());
  settings[3].second = "wrong";
  bench b{settings};
  CHECK(code_of(b.finish({"own", "x", identity_redirect, "", "", "", ""})) == "UPSTREAM_UNAVAILABLE");
  CHECK(b.host.lines.all().find("invalid_client") != std::string::npos);
  CHECK(b.host.lines.all().find("wrong") == std::string::npos);
}

TEST_CASE("Google and GitHub as somebody else emulates them", "[identity][npm]") {
  emulated_providers others;
  bench b{{{"providers", "google,github"},
           {"google.issuer", others.google()},
           {"google.client_id", "stoa.apps"},
           {"google.client_secret", "GOCSPX-x"},
           {"github.authorize_url", others.github() + "/login/oauth/authorize"},
           {"github.token_url", others.github() + "/login/oauth/access_token"},
           {"github.userinfo_url", others.github() + "/user"},
           {"github.emails_url", others.github() + "/user/emails"},
           {"github.client_id", "Iv1.stoa"},
           {"github.client_secret", "ghsecret"}}};
  const auto by = [&](const std::string& provider, const std::string& who) {
    const auto start = b.begin(provider);
    REQUIRE(start);
    return b.finish(answer_of(provider, browse(start->url, who), *start));
  };
  const auto ada = by("google", "ada" + others.mark() + "@gmail.test");
  REQUIRE(code_of(ada) == "none");
  CHECK(ada->email == "ada" + others.mark() + "@gmail.test");
  CHECK(ada->email_verified);
  CHECK(ada->name == "Ada Lovelace");
  CHECK(ada->subject != ada->email);
  const auto unverified = by("google", "unv" + others.mark() + "@gmail.test");
  REQUIRE(code_of(unverified) == "none");
  CHECK_FALSE(unverified->email_verified);

  const auto octocat = by("github", "octo" + others.mark());
  REQUIRE(code_of(octocat) == "none");
  CHECK(octocat->email == "octo" + others.mark() + "@github.test");
  CHECK(octocat->email_verified);
  CHECK(octocat->name == "The Octocat");
  CHECK(octocat->subject.find_first_not_of("0123456789") == std::string::npos);
  CHECK(code_of(b.finish({"github", "made-up", identity_redirect, "", "", "", ""})) == "IDENTITY_REFUSED");
}

TEST_CASE("a provider that is down, slow, in trouble or answers HTML is unavailable within the deadline",
          "[identity]") {
  std::string answer;
  tiny_server odd{[&](const std::string&) { return answer; }};
  bench b{own_provider(odd.url(""))};
  const auto outcome = [&] { return code_of(b.finish({"own", "x", identity_redirect, "", "", "", ""})); };
  for (const auto& one : {tiny_server::ok("<html>Sorry</html>", "Content-Type: text/html\r\n"),
                          tiny_server::ok("{}", "", 503), tiny_server::ok("", "Location: http://127.0.0.1:1/\r\n", 302),
                          tiny_server::ok("{}"), tiny_server::ok(R"({"issuer":"https://evil.example"})"),
                          tiny_server::ok(std::string(300 * 1024, ' ') + "{}"), std::string()}) {
    INFO(one.substr(0, 60));
    answer = one;
    CHECK(outcome() == "UPSTREAM_UNAVAILABLE");
  }
  CHECK(wait_for(b.broker().begin({"own", identity_redirect})).refusal().code == "UPSTREAM_UNAVAILABLE");
  CHECK(b.one("select count(*) from plugin_identity.start") == "0");
}

TEST_CASE("a provider that does not answer is waited for less long than a request", "[identity]") {
  // A socket that nobody accepts from: connections stand, answers never come.
  const int deaf = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof a;
  REQUIRE(::bind(deaf, reinterpret_cast<sockaddr*>(&a), size) == 0);
  REQUIRE(::listen(deaf, 4) == 0);
  ::getsockname(deaf, reinterpret_cast<sockaddr*>(&a), &size);
  bench b{own_provider("http://127.0.0.1:" + std::to_string(ntohs(a.sin_port)))};
  const auto began = std::chrono::steady_clock::now();
  CHECK(code_of(b.finish({"own", "x", identity_redirect, "", "", "", ""})) == "UPSTREAM_UNAVAILABLE");
  CHECK(std::chrono::steady_clock::now() - began < seconds{9});
  ::close(deaf);
}

TEST_CASE("the sandbox vouches for what a code says", "[identity]") {
  bench b{{}};
  const auto claim = b.finish({"sandbox", "email=ada@example.com&name=Ada L", identity_redirect, "", "", "", ""});
  REQUIRE(code_of(claim) == "none");
  CHECK(claim->subject == "ada@example.com");
  CHECK(claim->email_verified);
  CHECK(claim->name == "Ada L");
  CHECK_FALSE(
      b.finish({"sandbox", "email=a@b.example&verified=false", identity_redirect, "", "", "", ""})->email_verified);
  for (const char* code : {"", "x", "mail=a@b.example", "verified=true"})
    CHECK(code_of(b.finish({"sandbox", code, identity_redirect, "", "", "", ""})) == "IDENTITY_REFUSED");
  const auto start = b.begin("sandbox");
  REQUIRE(start);
  CHECK(start->url.starts_with(std::string(identity_redirect) + "?code="));
  CHECK(b.finish(answer_of("sandbox", start->url, *start))->email == "someone@sandbox.example");
}

namespace {

std::string refusal_of(const written& settings, bool production = false) {
  manual_clock time{system_clock().now()};
  no_database db;
  no_http http;
  fake_host host(db, http, time);
  host.in_production = production;
  host.set(plugin_settings(*stoa_identity_entry(), settings));
  const std::unique_ptr<stoa::plugin, void (*)(stoa::plugin*)> p{stoa_identity_entry()->create(),
                                                                 stoa_identity_entry()->destroy};
  try {
    p->configure(host);
    p->wire(host);
  } catch (const settings_error& e) {
    return e.what();
  }
  std::string all = "accepted:";
  for (const auto& one : host.areas.find<identity_broker>()->providers()) all += " " + one.name;
  return all;
}

}  // namespace

TEST_CASE("settings of providers are checked when the server starts", "[identity]") {
  CHECK(refusal_of({}) == "accepted: sandbox");
  CHECK(refusal_of({{"sandbox", "false"}}) == "accepted:");
  // Production has no sandbox, whatever the settings say.
  CHECK(refusal_of({{"sandbox", "true"}}, true) == "accepted:");
  const written google{{"providers", "google"},
                       {"google.client_id", "x"},
                       {"google.client_secret", "y"},
                       {"sandbox", "false"},
                       {"redirect_uris", "https://app.example.com/back"}};
  CHECK(refusal_of(google, true) == "accepted: google");
  const auto with = [&](const char* key, const char* text) {
    auto all = google;
    all.emplace_back(key, text);
    return refusal_of(all, true);
  };
  CHECK(with("google.client_id", "").find("google.client_id") == 0);
  CHECK(with("google.client_secret", "").find("google.client_secret") == 0);
  CHECK(with("google.issuer", "nowhere").find("google.issuer") == 0);
  CHECK(with("google.token_url", "http://plain.example/token").find("google.token_url") == 0);
  CHECK(with("providers", "google,google").find("providers") == 0);
  CHECK(with("providers", "sandbox").find("providers") == 0);
  CHECK(with("redirect_uris", "javascript:alert(1)").find("redirect_uris") == 0);
  CHECK(with("redirect_uris", "http://app.example.com/back").find("redirect_uris") == 0);
  CHECK(with("providers", "ticket").find("providers") == 0);
  CHECK(with("google.type", "oauth2").find("google.authorize_url") == 0);
  CHECK(refusal_of({{"providers", "own"}, {"own.client_id", "x"}, {"own.client_secret", "y"}}).find("own.issuer") == 0);
  CHECK_THROWS_AS(refusal_of({{"google.algorithm", "none"}}), settings_error);
}
