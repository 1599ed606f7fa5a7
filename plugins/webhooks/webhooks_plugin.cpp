// The webhooks plugin: settings, routes, and the answers' shapes.
#include <algorithm>
#include <array>
#include <memory>

#include "audience.hpp"
#include "sender.hpp"
#include "stoa/wire_url.hpp"

namespace stoa_plugin::webhooks {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

namespace {

const std::array<setting, 10>& settings() {
  static const std::array<setting, 10> all{{
      {"allow_private",
       setting_type::boolean,
       "false",
       "Whether webhooks may go to loopback and private addresses",
       {}},
      {"timeout", setting_type::duration, "10s", "How long a receiver may take to answer", {}},
      {"at_once", setting_type::integer, "16", "Webhooks this process sends at once", {}, false, 1, 256},
      {"attempts", setting_type::integer, "10", "Tries of a delivery until it has failed", {}, false, 1, 50},
      {"first_pause",
       setting_type::duration,
       "5s",
       "Before the second try; four times as long before each further one",
       {}},
      {"longest_pause", setting_type::duration, "12h", "The longest pause between two tries", {}},
      {"rotation", setting_type::duration, "24h", "How long the secret before a rotation goes on signing", {}},
      {"log_kept", setting_type::duration, "30d", "How long deliveries are kept, for the log and to be replayed", {}},
      {"log_most", setting_type::integer, "10000", "Deliveries a webhook's log holds", {}, false, 1, 1'000'000},
      {"per_user", setting_type::integer, "20", "Webhooks one person may have", {}, false, 1, 1000},
  }};
  return all;
}

constexpr std::int64_t replayed_at_once = 1000;

using address = wire::url_text;
using description_text = wire::text<0, 500>;
using kinds_list = wire::list_of<wire::text<1, 100>, 1, 100>;

struct webhook_in {
  address url;
  kinds_list events;
  std::optional<description_text> description;
};
BOOST_DESCRIBE_STRUCT(webhook_in, (), (url, events, description))

struct webhook_change_in {
  wire::given<address> url;
  wire::given<kinds_list> events;
  wire::emptiable<description_text> description;
  wire::given<bool> enabled;
};
BOOST_DESCRIBE_STRUCT(webhook_change_in, (), (url, events, description, enabled))

struct webhook_out {
  std::int64_t id = 0;
  std::string url;
  std::string description;
  std::vector<std::string> events;
  bool enabled = true;
  std::optional<std::string> disabled_reason;
  std::optional<timestamp> old_secret_until;
  timestamp created_at, updated_at;
};
BOOST_DESCRIBE_STRUCT(webhook_out, (),
                      (id, url, description, events, enabled, disabled_reason, old_secret_until, created_at,
                       updated_at))

/// The one answer that shows the secret.
struct webhook_with_secret : webhook_out {
  std::string secret;
};
BOOST_DESCRIBE_STRUCT(webhook_with_secret, (webhook_out), (secret))

struct webhook_delivery {
  std::int64_t id = 0;
  std::string webhook_id;  ///< as in the header of that name
  std::string event;
  std::string status;
  std::int64_t attempts = 0;
  std::optional<std::int64_t> response_status;
  std::optional<std::string> error;
  timestamp event_at, created_at;
  std::optional<timestamp> next_attempt_at, ended_at;
};
BOOST_DESCRIBE_STRUCT(webhook_delivery, (),
                      (id, webhook_id, event, status, attempts, response_status, error, event_at, created_at,
                       next_attempt_at, ended_at))

struct delivery_filter {
  std::optional<wire::choice<"waiting", "delivered", "failed", "missed">> status;
  std::optional<wire::text<1, 100>> event;
};
BOOST_DESCRIBE_STRUCT(delivery_filter, (), (status, event))

struct replay_in {
  timestamp since;
};
BOOST_DESCRIBE_STRUCT(replay_in, (), (since))

struct event_kind_out {
  std::string event;
  std::string description;
};
BOOST_DESCRIBE_STRUCT(event_kind_out, (), (event, description))

struct event_kinds_out {
  std::int64_t count = 0;
  std::vector<event_kind_out> results;
};
BOOST_DESCRIBE_STRUCT(event_kinds_out, (), (count, results))

template <class Out>
Out shown(const webhook& w) {
  auto out = wire::same_named<Out, "id", "disabled_reason">(w);
  out.id = w.number;
  out.events = w.kinds;
  if (!w.disabled_reason.empty()) out.disabled_reason = w.disabled_reason;
  out.old_secret_until = w.old_until;
  return out;
}

webhook_delivery shown(const delivery& d) {
  auto out = wire::same_named<webhook_delivery, "id", "event">(d);
  out.id = d.number;
  out.webhook_id = "msg_" + d.event.str();
  out.event = d.kind;
  if (!d.last_error.empty()) out.error = d.last_error;
  out.next_attempt_at = d.next_at;
  return out;
}

using webhook_number = in_path<"id", std::int64_t, unknown_webhook>;

class webhooks_plugin final : public plugin {
 public:
  void configure(plugin_host& host) override {
    host_ = &host;
    const auto& s = host.settings();
    sender_options o;
    o.allow_private = s.boolean("allow_private");
    o.timeout = positive(s, "timeout");
    o.retries = {s.integer("attempts"), positive(s, "first_pause"), positive(s, "longest_pause")};
    rotation_ = s.duration("rotation");
    log_kept_ = positive(s, "log_kept");
    log_most_ = s.integer("log_most");
    per_user_ = s.integer("per_user");
    if (o.allow_private && host.production())
      host.log().warn("allow_private: webhooks of whoever may make one reach this server's own network");
    policy_.at_once = static_cast<std::size_t>(s.integer("at_once"));
    o.per_owner = std::max<std::size_t>(1, policy_.at_once / 4);
    policy_.lease = 2 * o.timeout + seconds{5};
    policy_.attempts = 1000;  // of what fails on our side; the receiver's failures are counted with the delivery
    policy_.longest_pause = minutes{5};
    sender_ = std::make_unique<sender>(host, o);
  }

  void wire(plugin_host& host) override {
    subscription s;
    s.name = "deliveries";
    for (const auto& r : event_rules()) s.kinds.emplace_back(r.kind);
    s.begin = from::now;
    s.handle = [this](connection& db, const std::vector<event>& events) { return sender_->hear(db, events); };
    s.committed = [&host](const std::vector<event>&) { host.jobs_queued(); };
    host.subscribe(std::move(s));
    host.work_on<deliver_webhook>([this](deliver_webhook w, job) { return sender_->deliver(w); }, policy_);
    host.work_on<tell_teacher>([this](tell_teacher w, job) { return sender_->tell(std::move(w)); });
    host.every("old deliveries", hours{1}, [this] { return forget(); });

    auto at = host.routes(dialect("classic")).area("webhooks", *this);
    at.get("/webhook-events/",
           {.auth = auth::required, .summary = "The events that one may subscribe to", .addition = true},
           &webhooks_plugin::kinds);
    at.get("/webhooks/", {.auth = auth::required, .summary = "One's own webhooks", .addition = true},
           &webhooks_plugin::list);
    at.post("/webhooks/",
            {.auth = auth::required,
             .status = 201,
             .summary = "Subscribe an address to events; the answer alone shows the secret that signs them",
             .door = true,
             .addition = true,
             .refuses = {fault_kind::conflict, fault_kind::forbidden}},
            &webhooks_plugin::create);
    at.get("/webhooks/{id}/", {.auth = auth::required, .summary = "One of one's own webhooks", .addition = true},
           &webhooks_plugin::show);
    at.put("/webhooks/{id}/",
           {.auth = auth::required,
            .summary = "Change what is given, or switch it on or off",
            .addition = true,
            .refuses = {fault_kind::conflict, fault_kind::forbidden}},
           &webhooks_plugin::change);
    at.del("/webhooks/{id}/",
           {.auth = auth::required, .status = 204, .summary = "Take a webhook away, with its log", .addition = true},
           &webhooks_plugin::remove);
    at.post("/webhooks/{id}/test/",
            {.auth = auth::required,
             .status = 201,
             .summary = "Send an event named webhook.test",
             .addition = true,
             .refuses = {fault_kind::conflict}},
            &webhooks_plugin::test);
    at.post("/webhooks/{id}/rotate-secret/",
            {.auth = auth::required,
             .summary = "A new secret; the one so far goes on signing beside it for a while",
             .door = true,
             .addition = true},
            &webhooks_plugin::rotate);
    at.get("/webhooks/{id}/deliveries/",
           {.auth = auth::required, .summary = "What was sent, newest first", .addition = true},
           &webhooks_plugin::deliveries);
    at.post("/webhooks/{id}/replay/",
            {.auth = auth::required,
             .summary = "Send the events since a time once more, oldest first, a thousand at most",
             .addition = true,
             .refuses = {fault_kind::conflict}},
            &webhooks_plugin::replay_since);
  }

 private:
  static milliseconds positive(const settings_view& s, const char* key) {
    const auto d = s.duration(key);
    if (d.count() <= 0) throw settings_error(std::string(key) + ": expected more than nothing");
    return d;
  }

  task<event_kinds_out> kinds(const request& q) {
    event_kinds_out out;
    for (const auto& r : event_rules())
      if (may_subscribe(r, q.who.roles)) out.results.push_back({std::string(r.kind), std::string(r.about)});
    out.count = static_cast<std::int64_t>(out.results.size());
    co_return out;
  }

  task<page_of<webhook_out>> list(const request& q, paged<> in) {
    const auto found = co_await list_webhooks(host_->database(), q.who.user, in.asked);
    page_of<webhook_out> out;
    out.asked = found.asked;
    out.total = found.total;
    for (const auto& w : found.items) out.items.push_back(shown<webhook_out>(w));
    co_return out;
  }

  task<webhook_with_secret> create(const request& q, webhook_in in) {
    const std::vector<std::string> wanted(in.events.begin(), in.events.end());
    webhook made;
    made.kinds = co_await allowed_kinds(wanted, q.who.roles);
    made.id = webhook_id::make();
    made.url = in.url;
    if (in.description) made.description = *in.description;
    made.sees_all = q.who.is_admin();
    made.created_at = q.now;
    const auto secret = make_secret();
    const auto kept = co_await add_webhook(host_->database(), q.who.user, std::move(made), secret, per_user_);
    auto out = shown<webhook_with_secret>(kept);
    out.secret = secret;
    co_return out;
  }

  task<webhook_out> show(const request& q, webhook_number number) {
    const auto found = co_await find_webhook(host_->database(), q.who.user, *number);
    co_return shown<webhook_out>(found);
  }

  task<webhook_out> change(const request& q, webhook_number number, webhook_change_in in) {
    webhook_change c;
    if (in.url) c.url = *in.url;
    if (in.description) c.description = *in.description;
    if (in.enabled) c.enabled = *in.enabled;
    if (in.events) {
      const std::vector<std::string> wanted(in.events->begin(), in.events->end());
      c.kinds = co_await allowed_kinds(wanted, q.who.roles);
    }
    const auto changed =
        co_await change_webhook(host_->database(), q.who.user, *number, std::move(c), q.who.is_admin(), q.now);
    co_return shown<webhook_out>(changed);
  }

  task<wire::nothing> remove(const request& q, webhook_number number) {
    co_await remove_webhook(host_->database(), q.who.user, *number);
    co_return wire::nothing{};
  }

  task<webhook_delivery> test(const request& q, webhook_number number) {
    const auto made = co_await add_test(host_->database(), q.who.user, *number, q.now);
    host_->jobs_queued();
    co_return shown(made);
  }

  task<webhook_with_secret> rotate(const request& q, webhook_number number) {
    const auto secret = make_secret();
    const auto changed =
        co_await rotate_secret(host_->database(), q.who.user, *number, secret, q.now + rotation_, q.now);
    auto out = shown<webhook_with_secret>(changed);
    out.secret = secret;
    co_return out;
  }

  task<page_of<webhook_delivery>> deliveries(const request& q, webhook_number number, paged<delivery_filter> in) {
    const auto of = co_await find_webhook(host_->database(), q.who.user, *number);
    log_filter wanted;
    if (in.status) wanted.status = *in.status;
    if (in.event) wanted.kind = *in.event;
    const auto found = co_await list_deliveries(host_->database(), q.who.user, of.id, std::move(wanted), in.asked);
    page_of<webhook_delivery> out;
    out.asked = found.asked;
    out.total = found.total;
    for (const auto& d : found.items) out.items.push_back(shown(d));
    co_return out;
  }

  task<replayed> replay_since(const request& q, webhook_number number, replay_in in) {
    const auto of = co_await find_webhook(host_->database(), q.who.user, *number);
    if (!of.enabled) co_return webhook_is_off();
    const auto again = co_await replay(host_->database(), q.who.user, of.id, in.since, replayed_at_once, q.now);
    host_->jobs_queued();
    co_return again;
  }

  task<done> forget() {
    purge_options options;
    options.meters = &host_->metrics();
    options.log = &host_->log();
    co_await purge(host_->database(), old_deliveries(), host_->clock().now() - log_kept_, options);
    co_await shorten_logs(host_->database(), log_most_);
    co_return done{};
  }

  plugin_host* host_ = nullptr;
  milliseconds rotation_{0};
  milliseconds log_kept_{0};
  std::int64_t log_most_ = 0;
  std::int64_t per_user_ = 0;
  job_policy policy_;
  std::unique_ptr<sender> sender_;
};

}  // namespace

}  // namespace stoa_plugin::webhooks

STOA_PLUGIN("webhooks", "1.0.0", stoa_plugin::webhooks::webhooks_plugin, stoa_plugin::webhooks::settings())
