// The webhooks plugin, and a receiver on a real socket.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "runtime/outbound/curl_http_client.hpp"
#include "stoa/text.hpp"
#include "tests/plugins/support/plugin_bench.hpp"
#include "tests/runtime/outbound/tiny_server.hpp"

extern "C" const stoa::plugin_entry* stoa_webhooks_entry();

namespace stoa::testing {

/// Keeps what comes and answers as told.
class receiver {
 public:
  struct webhook {
    std::string id, timestamp, signature, body;
    std::string type() const { return json::parse(body).value().find("type")->text(); }
  };

  void answer_with(int status, std::string more = "", std::string body = "thanks") {
    const std::lock_guard lock{mutex_};
    answer_ = tiny_server::ok(body, more, status);
  }
  void hang_up() {
    const std::lock_guard lock{mutex_};
    answer_.clear();
  }
  std::vector<webhook> got() const {
    const std::lock_guard lock{mutex_};
    return got_;
  }
  std::size_t count() const { return got().size(); }
  std::string url(const std::string& path = "/hook") const { return server_.url(path); }

 private:
  static std::string field(const std::string& asked, const std::string& name) {
    const auto at = asked.find("\r\n" + name + ": ");
    if (at == asked.npos) return "";
    const auto from = at + name.size() + 4;
    return asked.substr(from, asked.find("\r\n", from) - from);
  }
  std::string take(const std::string& asked) {
    const std::lock_guard lock{mutex_};
    got_.push_back({field(asked, "webhook-id"), field(asked, "webhook-timestamp"), field(asked, "webhook-signature"),
                    asked.substr(asked.find("\r\n\r\n") + 4)});
    return answer_;
  }

  mutable std::mutex mutex_;
  std::vector<webhook> got_;
  std::string answer_ = tiny_server::ok("thanks");
  tiny_server server_{[this](const std::string& asked) { return take(asked); }};
};

class webhooks_bench {
 public:
  explicit webhooks_bench(plugin_bench::written settings = {{"allow_private", "true"}})
      : on(entry(), http_, settings) {}

  using parameters = plugin_bench::parameters;
  static parameters numbered(std::int64_t id) { return {{"id", std::to_string(id)}}; }
  result<reply> ask(verb v, const std::string& pattern, const caller& who, const std::string& body = "",
                    parameters path = {}, parameters query = {}) {
    return on.call(dialect("classic"), v, pattern, who, body, std::move(path), std::move(query));
  }
  static std::string subscribing(const std::string& url, const std::vector<std::string>& events) {
    std::string list;
    for (const auto& e : events) list += (list.empty() ? "\"" : ",\"") + e + "\"";
    return R"({"url":")" + url + R"(","events":[)" + list + "]}";
  }
  struct subscribed {
    std::int64_t id = 0;
    std::string secret;
  };
  subscribed subscribe(const caller& who, const std::string& url, const std::vector<std::string>& events) {
    const auto made = plugin_bench::body_of(ask(verb::post, "/webhooks/", who, subscribing(url, events)));
    return {made.find("id")->as_integer().value(), plugin_bench::text(made, "secret")};
  }
  json shown(const caller& who, std::int64_t id) {
    return plugin_bench::body_of(ask(verb::get, "/webhooks/{id}/", who, "", numbered(id)));
  }
  std::vector<json> log(const caller& who, std::int64_t id, parameters query = {}) {
    const auto page =
        plugin_bench::body_of(ask(verb::get, "/webhooks/{id}/deliveries/", who, "", numbered(id), std::move(query)));
    return page.find("results")->items();
  }
  static std::string status(const json& delivery) { return delivery.find("status")->text(); }

 private:
  static const plugin_entry& entry() { return *stoa_webhooks_entry(); }
  runtime::curl_http_client http_{{}};

 public:
  plugin_bench on;
};

}  // namespace stoa::testing
