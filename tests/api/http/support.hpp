// A pipeline with everything around it replaced by something a test can steer.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/contracts.hpp"
#include "api/http/pipeline.hpp"
#include "api/http/uri.hpp"

namespace stoa {

inline const std::vector<dialect> all_dialects = [] {
  std::vector<dialect> all;
  for (const auto& d : api::descriptions()) all.push_back(d.name);
  return all;
}();

inline const api::self_description& description_of(const dialect& d) {
  for (const auto& one : api::descriptions())
    if (one.name == d) return one;
  throw std::out_of_range("no such dialect");
}

}  // namespace stoa

namespace stoa::test {

/// The limits of all dialects in one place; 0 leaves the default.
struct limit_plan {
  bool enabled = false;
  std::int64_t classic_per_hour = 0, classic_user_per_minute = 0, learnflow_login_per_hour = 0, lms_login_per_hour = 0,
               apranova_anonymous_per_hour = 0, apranova_user_per_hour = 0, unpuzzle_anonymous_per_hour = 0,
               unpuzzle_user_per_hour = 0, login_per_address_per_hour = 0, passwords_per_address_per_hour = 0;

  runtime::settings settings() const {
    runtime::settings s;
    s.limits.enabled = enabled;
    s.limits.login_per_address_per_hour = login_per_address_per_hour;
    s.limits.passwords_per_address_per_hour = passwords_per_address_per_hour;
    const auto write = [&](const char* section, const char* key, std::int64_t n) {
      if (n > 0) s.declared[std::string("dialects.") + section].push_back({key, n, false, "a test"});
    };
    write("classic", "address_per_hour", classic_per_hour);
    write("classic", "user_per_minute", classic_user_per_minute);
    write("learnflow", "login_per_hour", learnflow_login_per_hour);
    write("lms", "login_per_hour", lms_login_per_hour);
    write("apranova", "anonymous_per_hour", apranova_anonymous_per_hour);
    write("apranova", "user_per_hour", apranova_user_per_hour);
    write("unpuzzle", "anonymous_per_hour", unpuzzle_anonymous_per_hour);
    write("unpuzzle", "user_per_hour", unpuzzle_user_per_hour);
    return s;
  }
};

struct silent_logger : logger {
  std::mutex lock;
  std::vector<std::string> lines;
  bool enabled(log_level l) const noexcept override { return l >= log_level::info; }
  void write(log_level, std::string_view m, log_fields f) override {
    std::lock_guard hold(lock);
    std::string line(m);
    for (const auto& one : f) line += " " + std::string(one.name) + "=" + one.value;
    lines.push_back(line);
  }
};

struct counting_metrics : metrics {
  struct one : counter, gauge, histogram {
    std::atomic<int> n{0};
    void add(double) override { ++n; }
    void set(double) override {}
    void observe(double) override { ++n; }
  };
  std::mutex lock;
  std::map<std::string, std::unique_ptr<one>> all;
  one& get(const std::string& name, const metric_labels& labels) {
    std::lock_guard hold(lock);
    std::string key = name;
    for (const auto& [k, v] : labels) key += " " + k + "=" + v;
    auto& p = all[key];
    if (!p) p = std::make_unique<one>();
    return *p;
  }
  counter& count(const std::string& n, const std::string&, const metric_labels& l) override { return get(n, l); }
  gauge& level(const std::string& n, const std::string&, const metric_labels& l) override { return get(n, l); }
  histogram& distribution(const std::string& n, const std::string&, const metric_labels& l,
                          const std::vector<double>&) override {
    return get(n, l);
  }
};

/// Tokens are names: `student`, `teacher`, `admin`.
struct fake_authenticator : http::authenticator {
  std::map<std::string, caller> known;
  fake_authenticator() {
    for (const auto r : {role::student, role::instructor, role::admin}) {
      caller c;
      c.user = user_id::make();
      c.roles.add(r);
      known[std::string(name_of(r))] = c;
    }
  }
  result<caller> identify(std::string_view token, timestamp) override {
    const auto it = known.find(std::string(token));
    if (it == known.end()) return fault{fault_kind::unauthenticated, "TOKEN_EXPIRED", "Token is invalid or expired"};
    return it->second;
  }
};

struct fake_store : http::idempotency_store {
  struct entry {
    std::string hash;
    bool done = false;
    reply kept;
  };
  std::map<std::string, entry> entries;
  int asked = 0;
  static std::string key_of(const http::idempotency_slot& s) { return s.caller + "|" + s.operation + "|" + s.key; }
  task<http::idempotency_state> begin(http::idempotency_slot s) override {
    ++asked;
    http::idempotency_state out;
    const auto [it, fresh] = entries.try_emplace(key_of(s), entry{s.body_hash, false, {}});
    using what = http::idempotency_state::outcome;
    if (!fresh) {
      out.what = it->second.hash != s.body_hash ? what::other_body : it->second.done ? what::replay : what::in_flight;
      out.kept = it->second.kept;
    }
    co_return std::move(out);
  }
  task<done> finish(http::idempotency_slot s, reply r) override {
    auto& e = entries[key_of(s)];
    e.done = true;
    e.kept = std::move(r);
    done ok;
    co_return std::move(ok);
  }
  task<done> abandon(http::idempotency_slot s) override {
    entries.erase(key_of(s));
    done ok;
    co_return std::move(ok);
  }
};

/// An answer as a test looks at it.
struct seen {
  int status = 0;
  std::string head;
  std::string body;
  std::uint64_t length = 0;
  /// The value of a header, `` where there is none.
  std::string header(std::string_view name) const {
    std::size_t at = 0;
    while (at < head.size()) {
      const auto end = head.find("\r\n", at);
      const auto line = std::string_view(head).substr(at, end - at);
      const auto colon = line.find(": ");
      if (colon != line.npos && http::same_word(line.substr(0, colon), name))
        return std::string(line.substr(colon + 2));
      at = end + 2;
    }
    return "";
  }
  json parsed() const {
    auto r = json::parse(body);
    return r.ok() ? std::move(r).value() : json{};
  }
};

struct fake_request : http::incoming {
  std::string verb, url, text, address = "192.0.2.1";
  bool strict = false;  ///< HTTP/1.1, which requires a Host
  std::vector<std::pair<std::string, std::string>> fields;
  std::shared_ptr<std::optional<seen>> out = std::make_shared<std::optional<seen>>();

  std::string_view method() const override { return verb; }
  std::string_view target() const override { return url; }
  const std::string& body() const override { return text; }
  std::string peer() const override { return address; }
  std::optional<std::string_view> header(std::string_view name) const override {
    for (const auto& [k, v] : fields)
      if (http::same_word(k, name)) return std::string_view(v);
    return std::nullopt;
  }
  void each(std::string_view name, const std::function<void(std::string_view)>& told) const override {
    for (const auto& [k, v] : fields)
      if (http::same_word(k, name)) told(v);
  }
  bool owes_host() const override { return strict; }
  void send(http::outgoing o) override {
    seen s;
    s.status = o.status;
    s.head = std::move(o.head);
    s.length = o.content_length;
    for (const auto& p : o.body) s.body.append(p.view());
    *out = std::move(s);
  }
  std::shared_ptr<http::outgoing_stream> open_stream(http::outgoing head, std::function<void()>) override {
    send(std::move(head));
    return std::make_shared<deaf_stream>();
  }

 private:
  /// A reader that takes nothing.
  struct deaf_stream : http::outgoing_stream {
    void send(std::string, std::function<void(bool)>) override {}
    void finish() override {}
    void post(std::function<void()> f) override { f(); }
  };
};

using fields = std::vector<std::pair<std::string, std::string>>;

/// Everything but routes; add those, then `open()`.
struct house {
  manual_clock clock{from_unix_us(1'769'529'600'000'000)};
  silent_logger log;
  counting_metrics metrics;
  fake_authenticator who;
  fake_store store;
  http::router routes{{}};
  http::pipeline_options options;
  limit_plan limits;
  std::unique_ptr<http::pipeline> pipe;

  http::dialect_policy policy(const dialect& d) const { return api::policy_of(description_of(d), limits.settings()); }
  void add(const dialect& d, const route_table& t) { routes.add(policy(d), t); }
  void open() {
    pipe = std::make_unique<http::pipeline>(options, http::pipeline::parts{routes, who, &store, clock, metrics, log});
  }
  /// Sends a request; the answer may come later.
  std::shared_ptr<std::optional<seen>> begin(std::string method, std::string url, fields f = {}, std::string body = {},
                                             std::string address = "192.0.2.1") {
    auto r = std::make_shared<fake_request>();
    r->verb = std::move(method);
    r->url = std::move(url);
    r->fields = std::move(f);
    r->text = std::move(body);
    r->address = std::move(address);
    auto out = r->out;
    pipe->handle(std::move(r));
    return out;
  }
  seen ask(std::string method, std::string url, fields f = {}, std::string body = {},
           std::string address = "192.0.2.1") {
    auto out = begin(std::move(method), std::move(url), std::move(f), std::move(body), std::move(address));
    return out->value_or(seen{});
  }
};

inline const std::pair<std::string, std::string> as_json{"Content-Type", "application/json"};
inline std::pair<std::string, std::string> bearer(std::string token) {
  return {"Authorization", "Bearer " + std::move(token)};
}

}  // namespace stoa::test
