// The notifications plugin: listens to events, shows the inbox.
#include <algorithm>
#include <array>

#include "inbox.hpp"
#include "stoa/plugin.hpp"

namespace stoa_plugin::notifications {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

namespace {

const std::array<setting, 0>& settings() {
  static const std::array<setting, 0> none{};
  return none;
}

struct inbox_filter {
  std::optional<bool> unread_only;
  std::optional<wire::choice<"course", "payment", "achievement", "system">> type;
};
BOOST_DESCRIBE_STRUCT(inbox_filter, (), (unread_only, type))

struct inbox_item {
  notification_id id;
  std::string type;
  std::string title;
  std::string message;
  bool is_read = false;
  std::string action_url;
  std::string icon;
  timestamp created_at;
};
BOOST_DESCRIBE_STRUCT(inbox_item, (), (id, type, title, message, is_read, action_url, icon, created_at))

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
  void configure(plugin_host& host) override { host_ = &host; }

  void wire(plugin_host& host) override {
    subscription s;
    s.name = "inbox";
    s.kinds = told_kinds();
    s.handle = [](connection& db, const std::vector<event>& events) -> result<done> {
      std::vector<notification> all;
      for (const auto& e : events)
        if (auto n = notification_of(e)) all.push_back(std::move(*n));
      keep(db, all);
      return done{};
    };
    host.subscribe(std::move(s));

    auto inbox = host.routes(dialect("unpuzzle")).area("notifications", *this);
    inbox.get("/notifications/", {.auth = auth::required, .summary = "One's own notifications, newest first"},
              &notifications_plugin::list);
    inbox.put("/notifications/{notification_id}/read/",
              {.auth = auth::required, .summary = "Mark a notification as read"}, &notifications_plugin::mark);
  }

 private:
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
      inbox_item item;
      item.id = s.what.id;
      item.type = s.what.kind;
      item.title = s.what.title;
      item.message = s.what.message;
      item.is_read = s.read;
      item.action_url = s.what.action_url;
      item.icon = s.what.icon;
      item.created_at = s.what.created_at;
      out.results.push_back(std::move(item));
    }
    co_return out;
  }

  task<marked> mark(const request& q, in_path<"notification_id", notification_id, unknown> id) {
    auto marking = mark_read(host_->database(), q.who.user, *id, q.now);
    if (!co_await std::move(marking)) co_return unknown();
    marked out;
    out.message = "Marked as read";
    out.notification_id = *id;
    co_return out;
  }

  plugin_host* host_ = nullptr;
};

}  // namespace

}  // namespace stoa_plugin::notifications

STOA_PLUGIN("notifications", "1.0.0", stoa_plugin::notifications::notifications_plugin,
            stoa_plugin::notifications::settings())
