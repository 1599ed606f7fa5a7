// The notifications plugin: listens to events, shows the inbox.
#include <algorithm>
#include <array>
#include <charconv>

#include "delivery.hpp"
#include "inbox.hpp"
#include "inbox_area.hpp"
#include "inbox_item.hpp"
#include "live.hpp"
#include "news.hpp"
#include "stoa/areas/courses.hpp"
#include "stoa/plugin.hpp"
#include "stoa/text.hpp"
#include "written.hpp"

namespace stoa_plugin::notifications {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

namespace {

const std::array<setting, 3>& settings() {
  static const std::array<setting, 3> all{{
      {"streams_per_user", setting_type::integer, "20", "Live streams one person may have open", {}},
      {"stream_lifetime", setting_type::duration, "10m", "After so long a stream ends and its client comes again", {}},
      {"site", setting_type::text, "", "What links in mails begin with; empty: the server's own address", {}},
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

struct inbox_list {
  std::int64_t count = 0;
  std::int64_t unread_count = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 20;
  std::int64_t total_pages = 0;
  std::vector<inbox_item> results;
};
BOOST_DESCRIBE_STRUCT(inbox_list, (), (count, unread_count, page, page_size, total_pages, results))

/// How many learners are told in one transaction.
constexpr std::int64_t learners_at_once = 500;

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
    site_ = host.settings().text("site");
    while (site_.ends_with('/')) site_.pop_back();
    if (!site_.empty() && !looks_like_http_url(site_)) throw settings_error("site: expected an http(s) URL");
    area_ = std::make_unique<inbox_area>(host);
  }

  void wire(plugin_host& host) override {
    subscription s;
    s.name = "inbox";
    s.kinds = told_kinds();
    s.handle = [this](connection& db, const std::vector<event>& events) -> result<done> {
      const auto now = host_->clock().now();
      std::vector<notification> all;
      job_rows news(now);
      bool any = false;
      for (const auto& e : events) {
        if (auto n = notification_of(e)) all.push_back(std::move(*n));
        if (const auto told = news_of(e, events)) {
          news.add(*told);
          any = true;
        }
      }
      hand_out(db, all, mailing(), now);
      if (any) db.run(queue_jobs, {news});
      return done{};
    };
    // The process that wrote them knows at once, all others when their pumps have read it.
    s.committed = [this](const std::vector<event>&) {
      live_->wake();
      host_->jobs_queued();
    };
    host.subscribe(std::move(s));
    host.observe<notifications_written>("streams", [this](const heard<notifications_written>& e) {
      if (!e.here) live_->wake();
    });

    host.work_on<tell_learners>([this](tell_learners w, job) { return tell(std::move(w)); });
    job_policy patient;
    patient.attempts = 20;
    patient.first_pause = minutes{1};
    patient.longest_pause = hours{2};
    patient.lease = minutes{3};
    host.work_on<mail_notification>([this](mail_notification w, job) { return send(std::move(w)); }, patient);

    area_->mount_common(dialect("unpuzzle"), "/");
    const struct {
      dialect name;
      const char* slash;  ///< how its addresses end
      bool numbered;      ///< its ids are whole numbers
    } others[] = {{dialect("learnflow"), "/", false},
                  {dialect("lms"), "", false},
                  {dialect("classic"), "/", true},
                  {dialect("apranova"), "/", true}};
    for (const auto& d : others) {
      area_->mount_inbox(d.name, d.slash, d.numbered);
      area_->mount_common(d.name, d.slash);
    }
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
  bool mailing() const { return host_->find<mailer>() != nullptr; }

  task<done> tell(tell_learners news) {
    std::function<task<done>(std::vector<notification>)> write = [this](std::vector<notification> part) -> task<done> {
      std::function<result<done>(connection&)> work = [this, part = std::move(part)](connection& db) -> result<done> {
        hand_out(db, part, mailing(), host_->clock().now());
        return done{};
      };
      co_await host_->database().in_transaction(acts_as_system(), std::move(work));
      live_->wake();
      host_->jobs_queued();
      co_return done{};
    };
    co_return co_await tell_all(host_->use<roster>(), std::move(news), learners_at_once, std::move(write));
  }

  task<done> send(mail_notification w) {
    const auto by = host_->find<mailer>();
    if (!by) co_return fault::unavailable("Nobody carries mail.", seconds{60});
    const auto to = co_await host_->use<people>().get(w.user);
    if (!to->active) co_return done{};
    auto letter = mail_of(w, *to, site_.empty() ? host_->public_url() : site_);
    co_return co_await by->deliver(std::move(letter));
  }

  task<reply> stream(const request& q) {
    if (live_->full(q.who.user)) co_return too_many_streams();
    reply r = reply::events([this, user = q.who.user, after = last_event(q)](std::shared_ptr<stream_writer> to) {
      return live_->serve(user, after, std::move(to));
    });
    co_return r;
  }

  task<inbox_list> list(const request& q, paged<inbox_filter> in) {
    const auto wanted = query_of(in);
    const auto found = co_await read_inbox(host_->database(), q.who.user, wanted);
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

  task<marked> mark(const request& q, in_path<"notification_id", notification_id, unknown_notification> id) {
    return area_->mark(q, std::move(id));
  }

  plugin_host* host_ = nullptr;
  std::string site_;
  std::unique_ptr<live_inbox> live_;
  std::unique_ptr<inbox_area> area_;
};

}  // namespace

}  // namespace stoa_plugin::notifications

STOA_PLUGIN("notifications", "1.0.0", stoa_plugin::notifications::notifications_plugin,
            stoa_plugin::notifications::settings())
