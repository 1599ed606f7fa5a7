#include "runtime/plugin/outbound_rules.hpp"

#include <catch2/catch.hpp>

#include "testing/fake_host.hpp"

using namespace stoa;
using namespace stoa::testing;
using namespace stoa::runtime;

TEST_CASE("the host of an address, as the rules compare it", "[outbound]") {
  CHECK(host_of("https://API.Example.org/v1?x=1") == "api.example.org");
  CHECK(host_of("https://api.example.org:443/") == "api.example.org");
  CHECK(host_of("http://api.example.org:443/") == "api.example.org:443");
  CHECK(host_of("http://127.0.0.1:8080") == "127.0.0.1:8080");
  CHECK(host_of("https://[::1]:8443/") == "[::1]:8443");
  CHECK(host_of("https://example.org./") == "example.org");
  CHECK(host_of("https://example.org\\@evil.example/") == "example.org");
  CHECK(host_of("https://example.org@evil.example/").empty());
  CHECK(host_of("ftp://example.org/").empty());
  CHECK(host_of("example.org").empty());
}

TEST_CASE("a plugin asks the hosts that are listed, and no others", "[outbound]") {
  outbound_rules rules;
  rules.listed = {"api.example.org", "*.cdn.example", "10.0.0.7:8080"};
  rules.trusted = {"Inside.example:81"};
  rules.own = [] { return std::string("http://127.0.0.1:8000"); };
  const auto says = [&](const char* url) { return may_ask(rules, url); };
  CHECK(says("https://api.example.org/") == outbound_answer::public_only);
  CHECK(says("https://api.example.org:8443/") == outbound_answer::public_only);
  CHECK(says("https://a.b.cdn.example/") == outbound_answer::public_only);
  CHECK(says("https://cdn.example/") == outbound_answer::refused);
  CHECK(says("https://evilcdn.example/") == outbound_answer::refused);
  CHECK(says("https://api.example.org.evil.example/") == outbound_answer::refused);
  CHECK(says("http://10.0.0.7:8080/") == outbound_answer::public_only);
  CHECK(says("http://10.0.0.7:8081/") == outbound_answer::refused);
  CHECK(says("http://inside.example:81/x") == outbound_answer::anywhere);
  CHECK(says("http://inside.example/x") == outbound_answer::refused);
  CHECK(says("http://127.0.0.1:8000/webhook") == outbound_answer::anywhere);
  CHECK(says("http://127.0.0.1:8001/webhook") == outbound_answer::refused);
  CHECK(says("gopher://api.example.org/") == outbound_answer::refused);
  rules.listed = {"*"};
  CHECK(says("https://anybody.example/") == outbound_answer::public_only);
}

TEST_CASE("a refused call is told in words, and a private address needs the operator's word", "[outbound]") {
  struct asked final : http_client {
    task<http_response> send(http_request r) override {
      last = r;
      http_response out;
      out.status = 200;
      co_return out;
    }
    http_request last;
  } inner;
  auto log = std::make_shared<memory_log>();
  no_metrics meters;
  outbound_rules rules;
  rules.listed = {"api.example.org"};
  rules.trusted = {"inside.example"};
  ruled_http_client http(inner, rules, log, meters.count("refused", "Refused", {}));
  const auto send = [&](const char* url) {
    http_request r;
    r.url = url;
    r.allow_private = true;
    std::optional<result<http_response>> out;
    detach<http_response>(http.send(r), [&](result<http_response> got) { out.emplace(std::move(got)); });
    return std::move(*out);
  };
  CHECK(send("https://api.example.org/"));
  CHECK(!inner.last.allow_private);
  CHECK(send("https://inside.example/"));
  CHECK(inner.last.allow_private);
  const auto refused = send("https://other.example/secret?token=1");
  REQUIRE(!refused);
  CHECK(refused.refusal().code == "OUTBOUND_REFUSED");
  CHECK(refused.refusal().message.find("other.example") != std::string::npos);
  CHECK(log->all().find("host=other.example") != std::string::npos);
  CHECK(log->all().find("token") == std::string::npos);
}

TEST_CASE("a socket of this machine is asked where the operator named that very one", "[outbound]") {
  CHECK(host_of("unix:///var/run/docker.sock") == "unix:/var/run/docker.sock");
  CHECK(host_of("http+unix://%2Fvar%2Frun%2Fdocker.sock/v1.41/info") == "unix:/var/run/docker.sock");
  for (const auto* bad :
       {"unix://", "unix://relative", "http+unix://", "http+unix://%2", "http+unix://%zz/x", "http+unix://%00%00/x"})
    CHECK(host_of(bad).empty());
  outbound_rules rules;
  rules.listed = {"*", "unix:/run/other.sock"};
  rules.trusted = {"unix:/run/engine.sock", "*"};
  const auto says = [&](const char* url) { return may_ask(rules, url); };
  CHECK(says("http+unix://%2Frun%2Fengine.sock/info") == outbound_answer::anywhere);
  CHECK(says("http+unix://%2Frun%2FEngine.sock/info") == outbound_answer::refused);
  CHECK(says("http+unix://%2Frun%2Fother.sock/info") == outbound_answer::refused);
  CHECK(says("http+unix://%2Frun%2Fpostgresql%2F.s.PGSQL.5432/") == outbound_answer::refused);
}
