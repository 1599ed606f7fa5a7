#include <catch2/catch.hpp>

#include <memory>

#include "plugins/media/s3_store.hpp"
#include "runtime/outbound/curl_http_client.hpp"
#include "testing/fake_host.hpp"
#include "tests/plugins/media/store_suite.hpp"
#include "tests/plugins/support/plugin_settings.hpp"
#include "tests/support/rgw.hpp"

using namespace stoa;
using namespace stoa::testing;
using namespace stoa_plugin::media;

extern "C" const stoa::plugin_entry* stoa_media_entry();

namespace {

struct s3_bench {
  explicit s3_bench(const std::string& prefix, const std::string& secret = "SKSTOA")
      : http({}),
        store({rgw::shared().address(), "media", prefix, {"AKSTOA", secret, "us-east-1"}}, http, threads, time, log) {}

  /// What anybody gets who follows a link.
  http_response follow(const std::string& url) {
    http_request r;
    r.url = url;
    r.allow_private = true;
    auto got = wait_for<http_response>(http.send(std::move(r)));
    REQUIRE(got);
    return std::move(got).value();
  }
  std::size_t in_bucket() {
    std::size_t n = 0;
    const auto seen = follow_signed("?list-type=2");
    for (const auto& key : xml_texts(seen, "Key")) n += !key.empty();
    return n;
  }

  runtime::curl_http_client http;
  inline_offload threads;
  system_clock time;
  memory_log log;
  s3_store store;

 private:
  std::string follow_signed(const std::string&) {
    const auto host = rgw::shared().address().substr(7);
    const s3_keys keys{"AKSTOA", "SKSTOA", "us-east-1"};
    return follow(rgw::shared().address() + "/media?" +
                  s3_presigned_query(keys, host, "/media", {{"list-type", "2"}}, seconds{60}, time.now()))
        .body;
  }
};

}  // namespace

TEST_CASE("an address is signed as Amazon's documentation has it", "[media][s3]") {
  // The example of "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)".
  const s3_keys keys{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1"};
  const auto now = *parse_rfc3339("2013-05-24T00:00:00Z");
  const auto query = s3_presigned_query(keys, "examplebucket.s3.amazonaws.com", "/test.txt", {}, seconds{86400}, now);
  CHECK(query.ends_with("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"));
  CHECK(query.starts_with("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2F"));
  CHECK(s3_query_text({{"b", "1/2"}, {"a", ""}}) == "a=&b=1%2F2");
  CHECK(s3_encoded("a b/ü", true) == "a%20b/%C3%BC");
}

TEST_CASE("how far an upload has come is kept and read again", "[media][s3]") {
  s3_progress p;
  CHECK(s3_progress::read(p.text())->etags.empty());
  p.upload = "2~abc";
  p.type = "video/mp4";
  p.etags = {"a", "b"};
  p.tail = "files/x.tail-1";
  p.tail_size = 17;
  const auto read = s3_progress::read(p.text()).value();
  CHECK(read.text() == p.text());
  CHECK(read.etags == p.etags);
  CHECK(read.tail_size == 17);
  for (const auto* bad : {"", "a\nb", "\n\n\n\n\n\n"}) CHECK(!s3_progress::read(bad));
}

TEST_CASE("a bucket keeps media as every storage does, and nothing beside", "[media][s3]") {
  if (rgw::missing()) return;
  s3_bench b("suite/");
  check_media_store(b.store, 5 << 20);
  CHECK(b.in_bucket() == 0);
  CHECK(b.log.all().empty());
}

TEST_CASE("whoever has the link of an object gets it, for a while and as it was said", "[media][s3]") {
  if (rgw::missing()) return;
  s3_bench b("links/");
  REQUIRE(wait_for<done>(b.store.put("files/ab/x.pdf", "%PDF-1.4", "application/pdf")));
  const media_showing how{"application/pdf", "attachment; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf",
                          seconds{60}};
  const auto open = wait_for<media_content>(b.store.open("files/ab/x.pdf", how));
  REQUIRE(open);
  const auto got = b.follow(open.value().url);
  CHECK(got.status == 200);
  CHECK(got.body == "%PDF-1.4");
  const auto field = [&](const std::string& name) {
    for (const auto& [n, v] : got.headers)
      if (n == name) return v;
    return std::string();
  };
  CHECK(field("content-type") == "application/pdf");
  CHECK(field("content-disposition") == how.disposition);
  auto other = open.value().url;
  other.replace(other.find("x.pdf"), 5, "y.pdf");
  CHECK(b.follow(other).status == 403);
  auto changed = open.value().url;
  changed.back() = changed.back() == 'a' ? 'b' : 'a';
  CHECK(b.follow(changed).status == 403);
  CHECK(b.follow(changed.substr(0, changed.find('?'))).status == 403);
  REQUIRE(wait_for<done>(b.store.remove("files/ab/x.pdf")));
}

TEST_CASE("a service that refuses is unavailable, and the reason goes to the log", "[media][s3]") {
  if (rgw::missing()) return;
  s3_bench b("refused/", "another secret");
  const auto put = wait_for<done>(b.store.put("files/ab/x.pdf", "x", "text/plain"));
  REQUIRE(!put);
  CHECK(put.refusal().code == "STORAGE_UNAVAILABLE");
  CHECK(b.log.all().find("SignatureDoesNotMatch") != std::string::npos);
  CHECK(b.log.all().find("another secret") == std::string::npos);
}

TEST_CASE("settings of the storage are checked when the plugin is configured", "[media][s3]") {
  const auto configured = [](const std::vector<std::pair<std::string, std::string>>& written) -> std::string {
    no_http http;
    no_database database;
    manual_clock time(system_clock().now());
    fake_host host(database, http, time);
    host.set(plugin_settings(*stoa_media_entry(), written));
    const std::unique_ptr<plugin, void (*)(plugin*)> made(stoa_media_entry()->create(), stoa_media_entry()->destroy);
    try {
      made->configure(host);
      return "good";
    } catch (const settings_error& e) {
      const std::string why = e.what();
      return why.substr(0, why.find(':'));
    }
  };
  using written = std::vector<std::pair<std::string, std::string>>;
  const written s3{{"store", "s3"},
                   {"endpoint", "https://s3.example.org/"},
                   {"bucket", "media"},
                   {"access_key", "AKSTOA"},
                   {"secret_key", "SKSTOA"}};
  const auto with = [&](std::string key, std::string value) {
    auto all = s3;
    all.emplace_back(std::move(key), std::move(value));
    return configured(all);
  };
  CHECK(configured({}) == "good");
  CHECK(configured(s3) == "good");
  CHECK(with("prefix", "stoa/") == "good");
  CHECK(configured({{"folder", "relative"}}) == "folder");
  CHECK(configured({{"store", "s3"}}) == "endpoint");
  CHECK(with("endpoint", "https://s3.example.org/media") == "endpoint");
  CHECK(with("bucket", "M") == "bucket");
  CHECK(with("prefix", "/stoa") == "prefix");
  CHECK(with("secret_key", "") == "access_key, secret_key, region");
  CHECK(with("timeout", "0s") == "timeout");
}
