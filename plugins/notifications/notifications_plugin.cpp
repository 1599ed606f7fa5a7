// The notifications plugin: listens to events, shows the inbox.
#include <algorithm>
#include <array>
#include <charconv>

#include "inbox.hpp"
#include "inbox_item.hpp"
#include "live.hpp"
#include "stoa/plugin.hpp"
#include "written.hpp"

namespace stoa_plugin::notifications {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

namespace {

const std::array<setting, 2>& settings() {
  static const std::array<setting, 2> all{{
      {"streams_per_user", setting_type::integer, "20", "Live streams one person may have open", {}},
      {"stream_lifetime", setting_type::duration, "10m", "After so long a stream ends and its client comes again", {}},
  }};
  return all;
}

/// The number in Last-Event-ID; what is no number of ours counts as none.
std::optional<std::int64_t> last_event(const request& q) {
  const auto text = q.header("last-event-id");
  std::int64_t n = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), n);
  if (text->empty() || error != std::errc{} || end != text->data() + text->size() || n < 0) return std::nullopt;
  return n;
}

fault too_many_streams() {
  fault f{fault_kind::too_many, "TOO_MANY_STREAMS", "You have too many live streams open."};
  f.retry_after = seconds{30};
  return f;
}

struct inbox_filter {
  std::optional<bool> unread_only;
  std::optional<wire::choice<"course", "payment", "achievement", "system">> type;
};
BOOST_DESCRIBE_STRUCT(inbox_filter, (), (unread_only, type))

struct inbox_list {
  std::int64_t count = 0;
  std::int64_t unread_count = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 20;
  std::int64_t total_pages = 0;
  std::vector<inbox_item> results;
};
BOOST_DESCRIBE_STRUCT(inbox_list, (), (count, unread_count, page, page_size, total_pages, results))

struct marked {
  std::string message;
  stoa::notification_id notification_id;
};
BOOST_DESCRIBE_STRUCT(marked, (), (message, notification_id))

fault unknown() {
  return {fault_kind::not_found, "NOTIFICATION_NOT_FOUND", "The requested notification does not exist."};
}

class notifications_plugin final : public plugin {
 public:
  void configure(plugin_host& host) override {
    host_ = &host;
    live_limits limits;
    const auto per_user = host.settings().integer("streams_per_user");
    if (per_user < 1) throw settings_error("streams_per_user: expected 1 or more");
    limits.per_user = static_cast<std::size_t>(per_user);
    limits.lifetime = host.settings().duration("stream_lifetime");
    live_ = std::make_unique<live_inbox>(host.database(), host.clock(), limits);
  }

  void wire(plugin_host& host) override {
    subscription s;
    s.name = "inbox";
    s.kinds = told_kinds();
    s.handle = [&clock = host.clock()](connection& db, const std::vector<event>& events) -> result<done> {
      std::vector<notification> all;
      for (const auto& e : events)
        if (auto n = notification_of(e)) all.push_back(std::move(*n));
      keep(db, all);
      tell_written(db, all, clock.now());
      return done{};
    };
    // The process that wrote them knows at once, all others when their pumps have read it.
    s.committed = [this](const std::vector<event>&) { live_->wake(); };
    host.subscribe(std::move(s));
    host.observe<notifications_written>("streams", [this](const heard<notifications_written>& e) {
      if (!e.here) live_->wake();
    });

    auto inbox = host.routes(dialect("unpuzzle")).area("notifications", *this);
    inbox.get("/notifications/", {.auth = auth::required, .summary = "One's own notifications, newest first"},
              &notifications_plugin::list);
    inbox.get(
        "/notifications/stream/",
        {.auth = auth::required,
         .summary = "One's own notifications as they come: server-sent events named `notification`, each with an id "
                    "for `Last-Event-ID`",
         .addition = true,
         .refuses = {fault_kind::too_many},
         .produces = "text/event-stream"},
        &notifications_plugin::stream);
    // Should nobody have told; and streams have an age.
    host.every("stream", seconds{5}, [this]() -> task<done> {
      live_->wake();
      co_return done{};
    });
    inbox.put("/notifications/{notification_id}/read/",
              {.auth = auth::required, .summary = "Mark a notification as read"}, &notifications_plugin::mark);
  }

  void drain() override { live_->close(); }

 private:
  task<reply> stream(const request& q) {
    if (live_->full(q.who.user)) co_return too_many_streams();
    reply r = reply::events([this, user = q.who.user, after = last_event(q)](std::shared_ptr<stream_writer> to) {
      return live_->serve(user, after, std::move(to));
    });
    co_return r;
  }

  task<inbox_list> list(const request& q, paged<inbox_filter> in) {
    inbox_query wanted;
    wanted.unread_only = in.unread_only.value_or(false);
    if (in.type) wanted.kind = *in.type;
    wanted.page = static_cast<int>(in.asked.page);
    wanted.page_size = static_cast<int>(in.asked.size);
    auto reading = read_inbox(host_->database(), q.who.user, wanted);
    const auto found = co_await std::move(reading);
    inbox_list out;
    out.count = found.count;
    out.unread_count = found.unread;
    out.page = wanted.page;
    out.page_size = wanted.page_size;
    out.total_pages = in.asked.pages(found.count);
    for (const auto& s : found.items) {
      out.results.push_back(item_of(s));
    }
    co_return out;
  }

  task<marked> mark(const request& q, in_path<"notification_id", notification_id, unknown> id) {
    auto marking = mark_read(host_->database(), q.who.user, *id, q.now);
    if (!co_await std::move(marking)) co_return unknown();
    marked out;
    out.message = "Notification marked as read";
    out.notification_id = *id;
    co_return out;
  }

  plugin_host* host_ = nullptr;
  std::unique_ptr<live_inbox> live_;
};

}  // namespace

}  // namespace stoa_plugin::notifications

STOA_PLUGIN("notifications", "1.0.0", stoa_plugin::notifications::notifications_plugin,
            stoa_plugin::notifications::settings())
