// What each command of a course writes, and what its answer means.
#include "actors/course/course_store.hpp"

namespace stoa::actors {
namespace course_store {

values course_values(const course& c, value second, timestamp now) {
  std::optional<category_id> in;
  if (c.category) in = c.category->id;
  return {c.id,
          std::move(second),
          now,
          in,
          c.title,
          c.slug,
          c.short_description,
          c.description,
          c.detailed_description,
          name_of(c.level),
          c.language,
          c.price.minor,
          c.original_price_minor,
          c.price.currency,
          c.thumbnail_url,
          c.preview_video_url,
          c.certificate_included,
          value::array(c.outcomes),
          value::array(c.requirements),
          value::array(c.target_audience),
          value::array(c.tags),
          c.duration_weeks,
          c.estimated_minutes};
}

}  // namespace course_store

namespace {

fault slug_taken() { return fault(fault_kind::conflict, "SLUG_TAKEN", "Another course has this slug."); }

event_rows telling_of(const course& before, const course& after, const moment& m) {
  return after.published() && !before.published() ? course_store::telling<course_published>(after, m.now)
                                                  : course_store::telling<course_updated>(after, m.now);
}

/// The section or lesson that a command has put: the one it names, or the one made at that moment.
template <class Id>
Id placed(const std::optional<Id>& named, const moment& m) {
  return named.value_or(Id{m.fresh});
}

}  // namespace

bound_statement load_all(const course_kind&, const std::vector<course_id>& ids) {
  return {&course_store::load, {value::array(ids)}};
}

result<course> read(const course_kind& kind, const course_id&, const rows& found) {
  if (found.empty()) return not_found(course_id{});
  course c = course_store::read_loaded(found.front());
  if (const auto marks = kind.loaded->marks.latest())
    c.is_bestseller = course_rules::bestseller(c, bestsellers::lowest(*marks, c));
  return c;
}

bound_statement save(const course& before, const course& after, const change_course&, const moment& m) {
  auto bound = course_store::course_values(after, before.version, m.now);
  bound.emplace_back(name_of(after.status));
  bound.emplace_back(after.published_at);
  bound.push_back(telling_of(before, after, m));
  return {&course_store::update, std::move(bound)};
}

std::optional<fault> refused(const change_course&, const fault& f) {
  if (f.code == "course_slug_key") return slug_taken();
  return std::nullopt;
}

bound_statement save(const course& before, const course& after, const set_course_status&, const moment& m) {
  return {&course_store::set_status,
          {after.id, before.version, m.now, name_of(after.status), after.published_at, telling_of(before, after, m)}};
}

bound_statement save(const course& before, const course& after, const put_section& told, const moment& m) {
  const auto id = placed(told.id, m);
  const auto* s = course_rules::find_section(after, id);
  return {told.id ? &course_store::update_section : &course_store::add_section,
          {after.id, before.version, m.now, course_store::order_of(after.sections, id.value), id, s->title,
           s->description, s->position, course_store::telling<course_updated>(after, m.now)}};
}

void written(course& next, section& reply, const put_section& told, const rows::row& first) {
  next.version = first.integer(0);
  if (told.id) return;
  for (auto& s : next.sections)
    if (s.id == reply.id) reply.number = s.number = first.integer(1);
}

bound_statement save(const course& before, const course& after, const drop_section& told, const moment& m) {
  return {&course_store::remove_section,
          {after.id, before.version, m.now, course_store::order_of(after.sections, uuid{}), told.id,
           course_store::telling<course_updated>(after, m.now)}};
}

bound_statement save(const course& before, const course& after, const put_lesson& told, const moment& m) {
  const auto id = placed(told.id, m);
  const auto& l = *after.find_lesson(id);
  const auto* home = course_rules::find_section(after, l.section);
  // What is not told stays as it is: it is not here to be written.
  const value content = told.id && !told.draft.content ? value(std::nullopt) : value(l.content);
  auto telling = course_store::telling<course_updated>(after, m.now);
  if (!told.id) {
    auto added = course_store::facts_of<lesson_added>(after);
    added.lesson_id = l.id;
    added.lesson_title = l.title;
    telling.tell(after.instructor.id, after.id, added);
  }
  if (!course_rules::find_section(before, home->id))
    return {&course_store::add_lesson_and_section,
            {after.id, before.version, m.now, home->id, home->title, home->position, l.id, l.title, l.description,
             l.kind, l.duration_minutes, l.is_preview, l.video_url, value::array(l.resources), content, telling}};
  return {told.id ? &course_store::update_lesson : &course_store::add_lesson,
          {after.id, before.version, m.now, course_store::order_of(home->lessons, id.value), id, l.section, l.title,
           l.description, l.kind, l.duration_minutes, l.position, l.is_preview, l.video_url, value::array(l.resources),
           content, telling}};
}

void written(course& next, lesson& reply, const put_lesson& told, const rows::row& first) {
  next.version = first.integer(0);
  for (auto& s : next.sections)
    for (auto& l : s.lessons) {
      if (l.id != reply.id) continue;
      if (s.number == 0) s.number = first.integer(2);
      if (!told.id) reply.number = l.number = first.integer(1);
      l.content_elsewhere += static_cast<std::int64_t>(l.content.size());
      std::string().swap(l.content);  // an assignment would keep its bytes
    }
}

bound_statement save(const course& before, const course& after, const drop_lesson& told, const moment& m) {
  const auto home = before.find_lesson(told.id)->section;
  const auto* left = course_rules::find_section(after, home);
  return {&course_store::remove_lesson,
          {after.id, before.version, m.now, course_store::order_of(left->lessons, uuid{}), told.id,
           course_store::telling<course_updated>(after, m.now)}};
}

bound_statement save(const course& before, const course& after, const order_course_lessons&, const moment& m) {
  std::vector<lesson_id> ids;
  std::vector<section_id> homes;
  for (const auto& s : after.sections)
    for (const auto& l : s.lessons) {
      ids.push_back(l.id);
      homes.push_back(s.id);
    }
  return {&course_store::order_lessons,
          {after.id, before.version, m.now, value::array(ids), value::array(homes),
           course_store::telling<course_updated>(after, m.now)}};
}

bound_statement save(const course& before, const course& after, const post_course_review&, const moment& m) {
  const auto& r = after.recent_reviews.front();
  const review_posted posted{after.id, after.title, after.slug, after.instructor.id, r.id, r.rating};
  return {&course_store::add_review,
          {after.id, before.version, m.now, r.id, r.author, r.rating, r.title, r.comment,
           event_rows(m.now).tell(r.author, after.id, posted)},
          acts_as(r.author)};
}

void written(course& next, review& reply, const post_course_review&, const rows::row& first) {
  next.version = first.integer(0);
  reply.author_first_name = first.text(1);
  reply.author_last_name = first.text(2);
  reply.author_avatar = first.text(3);
  for (auto& r : next.recent_reviews)
    if (r.id == reply.id) r = reply;
}

std::optional<fault> refused(const post_course_review&, const fault& f) {
  if (f.code == "review_once")
    return fault(fault_kind::conflict, "REVIEW_EXISTS", "You have already reviewed this course.");
  return std::nullopt;
}

}  // namespace stoa::actors
