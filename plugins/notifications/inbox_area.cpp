#include "inbox_area.hpp"

#include <charconv>
#include <utility>

#include "marks.hpp"

namespace stoa_plugin::notifications {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

namespace {

constexpr const char* said_marked = "Notification marked as read";

/// A number as a path holds it; 0, which nothing has, for what is none.
std::int64_t number_in(const std::string& text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc{} && end == text.data() + text.size() && n > 0 ? n : 0;
}

preferences_out shown(const std::vector<preference>& all) {
  preferences_out out;
  for (const auto& p : all) out.preferences.push_back({p.kind, p.in_app, p.email});
  return out;
}

}  // namespace

fault unknown_notification() {
  return {fault_kind::not_found, "NOTIFICATION_NOT_FOUND", "The requested notification does not exist."};
}

inbox_query query_of(const paged<inbox_filter>& in) {
  inbox_query wanted;
  wanted.unread_only = in.unread_only.value_or(false);
  if (in.type) wanted.kind = *in.type;
  wanted.page = static_cast<int>(in.asked.page);
  wanted.page_size = static_cast<int>(in.asked.size);
  return wanted;
}

void inbox_area::mount_common(const dialect& d, const std::string& slash) {
  auto at = host_.routes(d).area("notifications", *this);
  at.get("/notifications/unread-count" + slash,
         {.auth = auth::required, .summary = "How many of one's own notifications are unread", .addition = true},
         &inbox_area::unread);
  at.put("/notifications/read-all" + slash,
         {.auth = auth::required, .summary = "Mark all of one's own notifications as read", .addition = true},
         &inbox_area::mark_all);
  at.get("/notifications/preferences" + slash,
         {.auth = auth::required, .summary = "What one is told of, and how", .addition = true},
         &inbox_area::show_preferences);
  at.put("/notifications/preferences" + slash,
         {.auth = auth::required, .summary = "Change the types that are given", .addition = true},
         &inbox_area::change_preferences);
}

void inbox_area::mount_inbox(const dialect& d, const std::string& slash, bool numbered) {
  auto at = host_.routes(d).area("notifications", *this);
  const auto list_at = "/notifications" + slash, mark_at = "/notifications/{notification_id}/read" + slash;
  route_options listing{.auth = auth::required, .summary = "One's own notifications, newest first", .addition = true};
  route_options marking{.auth = auth::required, .summary = "Mark a notification as read", .addition = true};
  if (numbered) {
    at.get(list_at, std::move(listing), &inbox_area::list_numbered);
    marking.refuses = {fault_kind::not_found};
    at.put(mark_at, std::move(marking), &inbox_area::mark_number);
  } else {
    at.get(list_at, std::move(listing), &inbox_area::list);
    at.put(mark_at, std::move(marking), &inbox_area::mark);
  }
}

task<page_of<inbox_item>> inbox_area::list(const request& q, paged<inbox_filter> in) {
  const auto asked = query_of(in);
  const auto found = co_await read_inbox(host_.database(), q.who.user, asked);
  page_of<inbox_item> out;
  out.asked = in.asked;
  out.total = found.count;
  for (const auto& s : found.items) out.items.push_back(item_of(s));
  co_return out;
}

task<page_of<numbered_item>> inbox_area::list_numbered(const request& q, paged<inbox_filter> in) {
  const auto asked = query_of(in);
  const auto found = co_await read_inbox(host_.database(), q.who.user, asked);
  std::vector<notification_id> ids;
  for (const auto& s : found.items) ids.push_back(s.what.id);
  const auto numbers = co_await numbers_of(host_.database(), q.who.user, std::move(ids));
  page_of<numbered_item> out;
  out.asked = in.asked;
  out.total = found.count;
  for (const auto& s : found.items) {
    const auto number = numbers.find(s.what.id);
    if (number == numbers.end()) continue;
    auto item = wire::same_named<numbered_item, "id">(item_of(s));
    item.id = number->second;
    out.items.push_back(std::move(item));
  }
  co_return out;
}

task<marked> inbox_area::mark(const request& q, notification_path id) {
  if (!co_await mark_read(host_.database(), q.who.user, *id, q.now)) co_return unknown_notification();
  marked out;
  out.message = said_marked;
  out.notification_id = *id;
  co_return out;
}

task<marked_number> inbox_area::mark_number(const request& q, in_path<"notification_id", std::string> number) {
  marked_number out;
  out.message = said_marked;
  out.notification_id = number_in(*number);
  if (!co_await mark_number_read(host_.database(), q.who.user, out.notification_id, q.now))
    co_return unknown_notification();
  co_return out;
}

task<all_marked> inbox_area::mark_all(const request& q) {
  all_marked out;
  out.updated_count = co_await mark_all_read(host_.database(), q.who.user, q.now);
  out.message = "All notifications marked as read";
  co_return out;
}

task<unread_shown> inbox_area::unread(const request& q) {
  unread_shown out;
  out.unread_count = co_await unread_count(host_.database(), q.who.user);
  co_return out;
}

task<preferences_out> inbox_area::show_preferences(const request& q) {
  const auto all = co_await preferences_of(host_.database(), q.who.user);
  co_return shown(all);
}

task<preferences_out> inbox_area::change_preferences(const request& q, preferences_in in) {
  std::vector<preference> given;
  for (const auto& p : in.preferences) given.push_back({p.type, p.in_app, p.email});
  co_await keep_preferences(host_.database(), q.who.user, std::move(given));
  co_return co_await show_preferences(q);
}

}  // namespace stoa_plugin::notifications
