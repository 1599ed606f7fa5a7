#include "api/learnflow/course_views.hpp"

#include <algorithm>

namespace stoa::learnflow {
namespace {

// What the last members of a lesson and of a list's course look like for somebody who has touched nothing. Quotes
// inside strings are escaped, so that these sequences stand nowhere else.
constexpr std::string_view untouched_progress = R"("completed":false,"watch_time_seconds":0)";
constexpr std::string_view untouched_flags = R"("enrolled":false,"in_cart":false,"in_wishlist":false)";
constexpr std::string_view status_key = R"("user_status":)";

template <class Out>
void fill(Out& out, const course& c, timestamp now) {
  out.id = c.id;
  out.title = c.title;
  out.slug = c.slug;
  out.short_description = c.short_description;
  if (c.category) out.category = c.category->name;
  out.instructor.id = c.instructor.id;
  out.instructor.first_name = c.instructor.first_name;
  out.instructor.last_name = c.instructor.last_name;
  out.thumbnail = c.thumbnail_url;
  out.rating.value = c.numbers.rating();
  out.rating_count = out.review_count = c.numbers.rating_count;
  out.student_count = c.numbers.students;
  out.duration_hours = c.duration_hours();
  out.level = title_of(c.level);
  out.language = c.language;
  out.price = wire::decimal(c.price);
  if (c.original_price_minor) {
    out.original_price = wire::decimal(*c.original_price_minor);
    out.discount_percent = discount_percent(*c.original_price_minor, c.price.minor);
  }
  out.is_bestseller = c.is_bestseller;
  out.is_new = c.is_new(now);
  out.is_published = c.published();
  out.last_updated = c.updated_at;
}

/// When the words `is_new` and relative times of an encoded course stop being true.
timestamp good_until(const course& c, timestamp now) {
  timestamp until = timestamp::max();
  if (!c.recent_reviews.empty()) until = now + minutes{1};
  if (c.is_new(now)) until = std::min<timestamp>(until, *c.published_at + days{30});
  return until;
}

template <class Body>
bool good(const Body& b, timestamp now) {
  return b.made_at <= now && now < b.good_until;
}

struct flags {
  bool enrolled = false, in_cart = false, in_wishlist = false;
  bool any() const { return enrolled || in_cart || in_wishlist; }
};

flags flags_of(const personal& mine, course_id c) {
  flags f;
  f.enrolled = mine.learner && mine.learner->find(c);
  f.in_cart = mine.cart && mine.cart->find(c);
  f.in_wishlist = mine.wishlist && mine.wishlist->find(c);
  return f;
}

void append_flag(std::string& out, std::string_view name, bool value) {
  out.append("\"").append(name).append(value ? "\":true" : "\":false");
}

}  // namespace

course_item to_item(const course& c, timestamp now) {
  course_item out;
  fill(out, c, now);
  return out;
}

lesson_view to_view(const lesson& l, bool entitled) {
  lesson_view out;
  out.id = l.id;
  out.title = l.title;
  out.description = l.description;
  out.kind = l.kind;
  out.duration_minutes = l.duration_minutes;
  out.order = l.position;
  out.is_preview = l.is_preview;
  if (entitled || l.is_preview) {
    if (!l.video_url.empty()) out.video_url = l.video_url;
    out.resources = l.resources;
    if (!l.content.empty()) out.content = l.content;
  }
  return out;
}

section_view to_view(const section& s, bool entitled) {
  section_view out;
  out.id = s.id;
  out.title = s.title;
  out.description = s.description;
  out.order = s.position;
  out.total_lessons = static_cast<int>(s.lessons.size());
  out.total_duration_minutes = s.duration_minutes();
  out.lessons.reserve(s.lessons.size());
  for (const auto& l : s.lessons) out.lessons.push_back(to_view(l, entitled));
  return out;
}

review_view to_view(const review& r, timestamp now) {
  review_view out;
  out.id = r.id;
  out.author = {r.author, r.author_first_name, r.author_last_name, r.author_avatar};
  out.rating = r.rating;
  out.title = r.title;
  out.comment = r.comment;
  out.helpful_count = r.helpful_count;
  out.created_at = relative_time(r.created_at, now);
  out.created_at_iso = r.created_at;
  return out;
}

course_detail to_detail(const course& c, bool entitled, timestamp now) {
  course_detail out;
  fill(out, c, now);
  out.description = c.description;
  out.instructor.email = c.instructor.email;
  out.instructor.profile = {c.instructor.bio,
                            c.instructor.avatar_url,
                            c.instructor.courses_count,
                            c.instructor.students_count,
                            {c.instructor.rating}};
  out.preview_video_url = c.preview_video_url;
  out.certificate_included = c.certificate_included;
  out.outcomes = c.outcomes;
  out.requirements = c.requirements;
  out.target_audience = c.target_audience;
  out.tags = c.tags;
  out.curriculum.reserve(c.sections.size());
  for (const auto& s : c.sections) out.curriculum.push_back(to_view(s, entitled));
  out.reviews.count = c.numbers.rating_count;
  out.reviews.average_rating.value = c.numbers.rating();
  for (std::size_t i = 0; i < 5; ++i) out.reviews.distribution[std::to_string(i + 1)] = c.numbers.distribution[i];
  for (const auto& r : c.recent_reviews) out.reviews.recent.push_back(to_view(r, now));
  return out;
}

task<personal> personal_of(stoa::domain& domain, const caller& who) {
  personal mine;
  if (!who.signed_in) co_return mine;
  mine.learner = domain.enrollments.peek(who.user);
  mine.cart = domain.carts.peek(who.user);
  mine.wishlist = domain.wishlists.peek(who.user);
  if (!mine.learner) {
    auto loading = domain.enrollments.get(who.user);
    mine.learner = co_await std::move(loading);
  }
  if (!mine.cart) {
    auto loading = domain.carts.get(who.user);
    mine.cart = co_await std::move(loading);
  }
  if (!mine.wishlist) {
    auto loading = domain.wishlists.get(who.user);
    mine.wishlist = co_await std::move(loading);
  }
  co_return mine;
}

std::shared_ptr<const detail_body> encode_detail(const course_ptr& c, bool entitled, timestamp now) {
  auto out = std::make_shared<detail_body>();
  out->of = c;
  out->made_at = now;
  out->good_until = good_until(*c, now);
  auto text = wire::write(to_detail(*c, entitled, now));
  text.resize(text.rfind(status_key) + status_key.size());
  text.shrink_to_fit();
  std::size_t at = 0;
  for (const auto* l : c->lessons_in_order()) {
    at = text.find(untouched_progress, at);
    out->progress.emplace_back(l->id, at);
    at += untouched_progress.size();
  }
  out->text = std::make_shared<const std::string>(std::move(text));
  return out;
}

reply detail_reply(const detail_body& body, const personal& mine, int status) {
  reply out;
  out.status = status;
  out.body.reserve(2);
  user_status own;
  const auto* enrolled = mine.learner ? mine.learner->find(body.of->id) : nullptr;
  const bool touched = enrolled && !enrolled->lessons.empty();
  if (enrolled) {
    own.enrolled = true;
    own.progress = progress_of(*enrolled, *body.of).percent;
    own.enrollment_date = enrolled->enrolled_at;
  }
  own.in_cart = mine.cart && mine.cart->find(body.of->id);
  own.in_wishlist = mine.wishlist && mine.wishlist->find(body.of->id);
  std::string tail = wire::write(own);
  tail.push_back('}');
  if (!touched) {
    out.body.push_back({{}, body.text});
    out.body.push_back({std::move(tail), nullptr});
    return out;
  }
  const std::string& text = *body.text;
  std::string whole;
  whole.reserve(text.size() + tail.size() + 16 * body.progress.size());
  std::size_t done = 0;
  for (const auto& [id, at] : body.progress) {
    const auto found = enrolled->lessons.find(id);
    if (found == enrolled->lessons.end()) continue;
    whole.append(text, done, at - done);
    append_flag(whole, "completed", found->second.completed_at.has_value());
    whole.append(",\"watch_time_seconds\":").append(std::to_string(found->second.watch_seconds));
    done = at + untouched_progress.size();
  }
  whole.append(text, done).append(tail);
  out.body.push_back({std::move(whole), nullptr});
  return out;
}

std::shared_ptr<const page_body> encode_page(const catalog_page_ptr& p, timestamp now) {
  auto out = std::make_shared<page_body>();
  out->of = p;
  out->made_at = now;
  out->good_until = timestamp::max();
  std::vector<course_item> items;
  items.reserve(p->courses.size());
  for (const auto& c : p->courses) {
    items.push_back(to_item(*c, now));
    if (c->is_new(now)) out->good_until = std::min<timestamp>(out->good_until, *c->published_at + days{30});
  }
  auto text = wire::write(items);
  text.push_back('}');
  std::size_t at = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    at = text.find(untouched_flags, at);
    out->flags.push_back(at);
    at += untouched_flags.size();
  }
  out->text = std::make_shared<const std::string>(std::move(text));
  return out;
}

body_piece page_results(const page_body& body, const personal& mine) {
  std::string whole;
  std::size_t done = 0;
  const std::string& text = *body.text;
  for (std::size_t i = 0; i < body.flags.size(); ++i) {
    const auto f = flags_of(mine, body.of->courses[i]->id);
    if (!f.any()) continue;
    if (whole.empty()) whole.reserve(text.size());
    whole.append(text, done, body.flags[i] - done);
    append_flag(whole, "enrolled", f.enrolled);
    whole.push_back(',');
    append_flag(whole, "in_cart", f.in_cart);
    whole.push_back(',');
    append_flag(whole, "in_wishlist", f.in_wishlist);
    done = body.flags[i] + untouched_flags.size();
  }
  if (done == 0) return {{}, body.text};
  whole.append(text, done);
  return {std::move(whole), nullptr};
}

std::shared_ptr<const detail_body> course_bodies::detail(const course_ptr& c, bool entitled, timestamp now) {
  auto& s = shards_[(std::hash<course_id>{}(c->id) >> 7) % shards_.size()];
  {
    std::lock_guard lock(s.guard);
    auto it = s.bodies.find(c->id);
    if (it != s.bodies.end()) {
      const auto& kept = it->second[entitled];
      if (kept && kept->of == c && good(*kept, now)) return kept;
    }
  }
  auto fresh = encode_detail(c, entitled, now);
  std::lock_guard lock(s.guard);
  if (s.bodies.size() >= most_per_shard && !s.bodies.contains(c->id)) s.bodies.erase(s.bodies.begin());
  s.bodies[c->id][entitled] = fresh;
  return fresh;
}

std::shared_ptr<const page_body> course_bodies::page(const catalog_page_ptr& p, timestamp now) {
  {
    std::lock_guard lock(guard_);
    auto it = pages_.find(p.get());
    if (it != pages_.end() && good(*it->second, now)) return it->second;
  }
  auto fresh = encode_page(p, now);
  std::lock_guard lock(guard_);
  if (pages_.size() >= most_pages) {
    // Pages of older versions are never asked for again.
    std::erase_if(pages_, [&](const auto& entry) { return entry.first->version < p->version; });
    if (pages_.size() >= most_pages) pages_.clear();
  }
  pages_.insert_or_assign(p.get(), fresh);
  return fresh;
}

}  // namespace stoa::learnflow
