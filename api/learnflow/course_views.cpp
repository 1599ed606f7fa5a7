#include "api/learnflow/course_views.hpp"

#include <algorithm>
#include <cstring>

#include "actors/course/course_access.hpp"

namespace stoa::learnflow {
namespace {

/// What the list and the detail say alike.
template <class Out>
Out begin_with(const course& c, timestamp now) {
  auto out = wire::same_named<Out, "category">(c);
  if (c.category) out.category = c.category->name;
  out.thumbnail = c.thumbnail_url;
  out.rating.value = c.numbers.rating();
  out.rating_count = out.review_count = c.numbers.rating_count;
  out.student_count = c.numbers.students;
  out.duration_hours = c.duration_hours();
  out.level = title_of(c.level);
  if (c.original_price_minor) {
    out.original_price = wire::decimal(*c.original_price_minor);
    out.discount_percent = discount_percent(*c.original_price_minor, c.price.minor);
  }
  out.is_new = c.is_new(now);
  out.is_published = c.published();
  out.last_updated = c.updated_at;
  return out;
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

/// Whether one of them is about the course; in place, since a page asks for each of its courses.
template <class Items>
bool any_about(const Items& items, const course_id& c) {
  return std::any_of(items.begin(), items.end(), [&](const auto& i) {
    return std::memcmp(i.course.value.bytes.data(), c.value.bytes.data(), sizeof c.value.bytes) == 0;
  });
}

course_flags flags_of(const personal& mine, const course_id& c) {
  course_flags f;
  f.enrolled = mine.learner && any_about(mine.learner->enrollments, c);
  f.in_cart = mine.cart && any_about(mine.cart->items, c);
  f.in_wishlist = mine.wishlist && any_about(mine.wishlist->items, c);
  return f;
}

}  // namespace

course_item to_item(const course& c, timestamp now) { return begin_with<course_item>(c, now); }

lesson_view to_view(const lesson& l, bool entitled, const lesson_contents& contents) {
  auto out = wire::same_named<lesson_view, "video_url", "resources", "content">(l);
  out.order = l.position;
  auto material = actors::material_of(l, entitled, contents);
  out.video_url = std::move(material.video_url);
  out.resources = std::move(material.resources);
  out.content = std::move(material.content);
  return out;
}

section_view to_view(const section& s, bool entitled, const lesson_contents& contents) {
  auto out = wire::same_named<section_view, "lessons">(s);
  out.order = s.position;
  out.total_lessons = static_cast<int>(s.lessons.size());
  out.total_duration_minutes = s.duration_minutes();
  out.lessons.reserve(s.lessons.size());
  for (const auto& l : s.lessons) out.lessons.push_back(to_view(l, entitled, contents));
  return out;
}

review_view to_view(const review& r, timestamp now) {
  auto out = wire::same_named<review_view, "author", "created_at", "reply">(r);
  out.author = {r.author, r.author_first_name, r.author_last_name, r.author_avatar};
  out.created_at = relative_time(r.created_at, now);
  out.created_at_iso = r.created_at;
  if (r.replied_at) out.reply = r.reply;
  return out;
}

course_detail to_detail(const course& c, bool entitled, timestamp now, const lesson_contents& contents) {
  auto out = begin_with<course_detail>(c, now);
  out.instructor.profile = {c.instructor.bio,
                            c.instructor.avatar_url,
                            c.instructor.courses_count,
                            c.instructor.students_count,
                            {c.instructor.rating}};
  out.curriculum.reserve(c.sections.size());
  for (const auto& s : c.sections) out.curriculum.push_back(to_view(s, entitled, contents));
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
  if (!mine.learner) mine.learner = co_await domain.enrollments.get(who.user);
  if (!mine.cart) mine.cart = co_await domain.carts.get(who.user);
  if (!mine.wishlist) mine.wishlist = co_await domain.wishlists.get(who.user);
  co_return mine;
}

std::shared_ptr<const detail_body> encode_detail(const course_ptr& c, bool entitled, timestamp now,
                                                 const lesson_contents& contents) {
  auto out = std::make_shared<detail_body>();
  out->of = c;
  out->made_at = now;
  out->good_until = good_until(*c, now);
  auto body = wire::write_with_holes(to_detail(*c, entitled, now, contents));
  // The holes of the lessons in their order, and last that of the status.
  const auto status = body.holes.back();
  const auto lessons = c->lessons_in_order();
  for (std::size_t i = 0; i < lessons.size(); ++i) out->progress.emplace_back(lessons[i]->id, body.holes[i]);
  out->behind = body.text.substr(status.from + status.size);
  body.text.resize(status.from);
  body.text.shrink_to_fit();
  out->text = std::make_shared<const std::string>(std::move(body.text));
  return out;
}

reply detail_reply(const detail_body& body, const course& c, const personal& mine, int status) {
  reply out;
  out.status = status;
  out.body.reserve(2);
  own_status own;
  auto& shown = own.user_status;
  const auto* enrolled = mine.learner ? mine.learner->find(c.id) : nullptr;
  if (enrolled) {
    shown.enrolled = true;
    shown.progress = progress_of(*enrolled, c).percent;
    shown.enrollment_date = enrolled->enrolled_at;
  }
  shown.in_cart = mine.cart && mine.cart->find(c.id);
  shown.in_wishlist = mine.wishlist && mine.wishlist->find(c.id);
  std::string tail = wire::members_of(own) + body.behind;

  wire::filled_text whole(*body.text);
  if (enrolled && !enrolled->lessons.empty())
    for (const auto& [id, where] : body.progress)
      if (const auto found = enrolled->lessons.find(id); found != enrolled->lessons.end())
        whole.put(where, lesson_progress{found->second.completed_at.has_value(), found->second.watch_seconds});
  if (whole.untouched())
    out.body.push_back({{}, body.text});
  else
    out.body.push_back({whole.take(), nullptr});
  out.body.push_back({std::move(tail), nullptr});
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
  auto body = wire::write_with_holes(items);
  out->flags = std::move(body.holes);
  out->text = std::make_shared<const std::string>(std::move(body.text));
  return out;
}

body_piece page_results(const page_body& body, const personal& mine) {
  wire::filled_text whole(*body.text);
  for (std::size_t i = 0; i < body.flags.size(); ++i)
    if (const auto own = flags_of(mine, body.of->courses[i]->id); own.any()) whole.put(body.flags[i], own);
  if (whole.untouched()) return {{}, body.text};
  return {whole.take(), nullptr};
}

std::shared_ptr<const detail_body> course_bodies::ready(const course_ptr& c, bool entitled, timestamp now) {
  const auto kept = shard_of(c->id, entitled).find(c->id, c->version);
  if (!kept) return nullptr;
  const auto& of = (*kept)->of;
  const bool same = !of.owner_before(c) && !c.owner_before(of);
  return same && good(**kept, now) ? *kept : nullptr;
}

std::shared_ptr<const detail_body> course_bodies::detail(const course_ptr& c, bool entitled, timestamp now,
                                                         const lesson_contents& contents) {
  if (auto kept = ready(c, entitled, now)) return kept;
  auto& kept = shard_of(c->id, entitled);
  auto fresh = encode_detail(c, entitled, now, contents);
  const auto bytes = sizeof(detail_body) + fresh->text->capacity() + fresh->behind.capacity() +
                     fresh->progress.capacity() * sizeof(fresh->progress[0]);
  kept.put(c->id, c->version, fresh, bytes);
  return fresh;
}

std::shared_ptr<const page_body> course_bodies::page(const catalog_page_ptr& p, timestamp now) {
  if (const auto ready = pages_.find(p.get(), p->version); ready && good(**ready, now)) return *ready;
  auto fresh = encode_page(p, now);
  pages_.put(p.get(), p->version, fresh,
             sizeof(page_body) + fresh->text->capacity() + fresh->flags.capacity() * sizeof(fresh->flags[0]));
  return fresh;
}

}  // namespace stoa::learnflow
