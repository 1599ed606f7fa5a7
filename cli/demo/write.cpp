#include "cli/demo/write.hpp"

#include <functional>
#include <unordered_map>

namespace stoa::demo {
namespace {

constexpr statement insert_accounts{"demo.insert_accounts", R"(
  insert into account (id, email, email_key, username, username_key, password_hash, first_name, last_name, bio, avatar_url,
                       country, timezone, roles, created_at, updated_at)
  select id, email, email, username, username, :p1::text, first_name, last_name, bio, avatar_url, country, timezone, roles,
         created_at, created_at
  from unnest(:p2::uuid[], :p3::text[], :p4::text[], :p5::text[], :p6::text[], :p7::text[], :p8::text[], :p9::text[],
              :p10::text[], :p11::int[], :p12::timestamptz[])
    with ordinality as r(id, email, username, first_name, last_name, bio, avatar_url, country, timezone, roles, created_at, n)
  order by n
  on conflict (id) do nothing)"};

constexpr statement insert_learners{"demo.insert_learners", R"(
  insert into learner (user_id, target_hours_per_month, updated_at)
  select id, nullif(target, '')::int, created_at
  from unnest(:p1::uuid[], :p2::text[], :p3::timestamptz[]) as r(id, target, created_at)
  on conflict (user_id) do nothing)"};

constexpr statement insert_categories{"demo.insert_categories", R"(
  insert into category (id, slug, name)
  select id, slug, name from unnest(:p1::uuid[], :p2::text[], :p3::text[]) with ordinality as r(id, slug, name, n)
  order by n
  on conflict (slug) do nothing)"};

// Rows of lists travel as PostgreSQL's own text of an array, one per row: unnest would flatten an array of arrays.
constexpr statement insert_courses{"demo.insert_courses", R"(
  insert into course (id, number, instructor_id, category_id, title, slug, short_description, description, detailed_description,
                      level, language, price_minor, original_price_minor, thumbnail_url, preview_video_url, outcomes,
                      requirements, target_audience, tags, duration_weeks, status, created_at, updated_at, published_at,
                      lesson_count, lesson_minutes)
  overriding system value
  select r.id, coalesce(nullif(r.number, 0), nextval(pg_get_serial_sequence('course', 'number'))), r.instructor, k.id, r.title, r.slug, r.short, r.description, r.detailed, r.level, r.language, r.price,
         nullif(r.original, '')::bigint, r.thumbnail, r.preview, r.outcomes::text[], r.requirements::text[],
         r.audience::text[], r.tags::text[], r.weeks, case when r.published = '' then 'draft' else 'published' end,
         r.created_at, r.updated_at, nullif(r.published, '')::timestamptz, r.lessons, r.minutes
  from unnest(:p1::uuid[], :p2::uuid[], :p3::text[], :p4::text[], :p5::text[], :p6::text[], :p7::text[], :p8::text[],
              :p9::text[], :p10::text[], :p11::bigint[], :p12::text[], :p13::text[], :p14::text[], :p15::text[],
              :p16::text[], :p17::text[], :p18::text[], :p19::int[], :p20::timestamptz[], :p21::timestamptz[],
              :p22::text[], :p23::int[], :p24::int[], :p25::bigint[])
    with ordinality as r(id, instructor, category, title, slug, short, description, detailed, level, language, price,
                         original, thumbnail, preview, outcomes, requirements, audience, tags, weeks, created_at,
                         updated_at, published, lessons, minutes, number, n)
    left join category k on k.slug = r.category
  order by n)"};

constexpr statement sums_are_written{"demo.sums_are_written", "select set_config('stoa.lesson_sums', 'written', true)"};

constexpr statement insert_numbers{"demo.insert_numbers", R"(
  insert into course_numbers (course_id, students, rating_count, rating_sum, rating_1, rating_2, rating_3, rating_4, rating_5)
  select id, students, r1 + r2 + r3 + r4 + r5, r1 + 2 * r2 + 3 * r3 + 4 * r4 + 5 * r5, r1, r2, r3, r4, r5
  from unnest(:p1::uuid[], :p2::bigint[], :p3::bigint[], :p4::bigint[], :p5::bigint[], :p6::bigint[], :p7::bigint[])
    as r(id, students, r1, r2, r3, r4, r5))"};

constexpr statement insert_sections{"demo.insert_sections", R"(
  insert into section (id, number, course_id, title, description, position, created_at, updated_at)
  overriding system value
  select id, coalesce(nullif(number, 0), nextval(pg_get_serial_sequence('section', 'number'))), course, title, description,
         position, created_at, updated_at
  from unnest(:p1::uuid[], :p2::uuid[], :p3::text[], :p4::text[], :p5::int[], :p6::timestamptz[], :p7::timestamptz[],
              :p8::bigint[])
    with ordinality as r(id, course, title, description, position, created_at, updated_at, number, n)
  order by n)"};

constexpr statement insert_lessons{"demo.insert_lessons", R"(
  insert into lesson (id, number, course_id, section_id, title, description, kind, duration_minutes, position, is_preview, video_url,
                      resources, content, created_at, updated_at)
  overriding system value
  select id, coalesce(nullif(number, 0), nextval(pg_get_serial_sequence('lesson', 'number'))), course, section, title, description, kind, minutes, position, preview, video, resources::text[], content,
         created_at, updated_at
  from unnest(:p1::uuid[], :p2::uuid[], :p3::uuid[], :p4::text[], :p5::text[], :p6::text[], :p7::int[], :p8::int[],
              :p9::bool[], :p10::text[], :p11::text[], :p12::text[], :p13::timestamptz[], :p14::timestamptz[],
              :p15::bigint[])
    with ordinality as r(id, course, section, title, description, kind, minutes, position, preview, video, resources,
                         content, created_at, updated_at, number, n)
  order by n)"};

// The numbers are drawn in the order of time, as the store would have drawn them; lpad alone would cut a longer one.
constexpr statement insert_orders{"demo.insert_orders", R"(
  insert into customer_order (id, user_id, order_number, status, subtotal_minor, total_minor, currency, receipt_number,
                              payment_provider, payment_reference, created_at, completed_at)
  select id, buyer, 'ORD-' || year || '-' || lpad(o::text, greatest(5, length(o::text)), '0'), status, total, total, 'usd',
         'RCP-' || year || '-' || lpad(c::text, greatest(5, length(c::text)), '0'), 'sandbox',
         'pi_demo_' || left(replace(id::text, '-', ''), 24), created_at, completed_at
  from (select r.*, extract(year from created_at at time zone 'UTC')::text as year, nextval('order_number') as o,
               nextval('receipt_number') as c
        from (select * from unnest(:p1::uuid[], :p2::uuid[], :p3::text[], :p4::bigint[], :p5::timestamptz[],
                                   :p6::timestamptz[]) as u(id, buyer, status, total, created_at, completed_at)
              order by created_at, id) r) numbered)"};

constexpr statement insert_order_items{"demo.insert_order_items", R"(
  insert into order_item (id, order_id, user_id, course_id, title, price_minor, position)
  select id, purchase, buyer, course, title, price, position
  from unnest(:p1::uuid[], :p2::uuid[], :p3::uuid[], :p4::uuid[], :p5::text[], :p6::bigint[], :p7::int[])
    as r(id, purchase, buyer, course, title, price, position))"};

constexpr statement insert_enrollments{"demo.insert_enrollments", R"(
  insert into enrollment (id, user_id, course_id, order_id, enrolled_at, last_accessed_at, completed_at)
  select id, learner, course, nullif(purchase, '')::uuid, enrolled_at, accessed_at, nullif(completed, '')::timestamptz
  from unnest(:p1::uuid[], :p2::uuid[], :p3::uuid[], :p4::text[], :p5::timestamptz[], :p6::timestamptz[], :p7::text[])
    as r(id, learner, course, purchase, enrolled_at, accessed_at, completed)
  order by enrolled_at, id)"};

constexpr statement insert_progress{"demo.insert_progress", R"(
  insert into lesson_progress (enrollment_id, lesson_id, user_id, completed_at, watch_seconds, updated_at)
  select enrolled, lesson, learner, nullif(completed, '')::timestamptz, watched, updated_at
  from unnest(:p1::uuid[], :p2::uuid[], :p3::uuid[], :p4::text[], :p5::bigint[], :p6::timestamptz[])
    as r(enrolled, lesson, learner, completed, watched, updated_at)
  order by updated_at, enrolled, lesson)"};

constexpr statement insert_reviews{"demo.insert_reviews", R"(
  insert into review (id, course_id, user_id, rating, title, comment, helpful_count, created_at)
  select id, course, author, rating, title, comment, helpful, created_at
  from unnest(:p1::uuid[], :p2::uuid[], :p3::uuid[], :p4::smallint[], :p5::text[], :p6::text[], :p7::bigint[],
              :p8::timestamptz[]) as r(id, course, author, rating, title, comment, helpful, created_at))"};

constexpr statement insert_votes{"demo.insert_votes", R"(
  insert into review_vote (review_id, user_id) select review, voter from unnest(:p1::uuid[], :p2::uuid[]) as r(review, voter))"};

constexpr statement insert_cart_items{"demo.insert_cart_items", R"(
  with put as (
    select * from unnest(:p1::uuid[], :p2::uuid[], :p3::uuid[], :p4::timestamptz[]) as r(id, owner, course, added_at)),
  roots as (
    insert into cart (user_id, id, updated_at)
    select owner, (array_agg(id order by added_at, id))[1], max(added_at) from put group by owner)
  insert into cart_item (id, user_id, course_id, added_at) select id, owner, course, added_at from put)"};

constexpr statement insert_wishlist_items{"demo.insert_wishlist_items", R"(
  with put as (
    select * from unnest(:p1::uuid[], :p2::uuid[], :p3::uuid[], :p4::timestamptz[]) as r(id, owner, course, added_at)),
  roots as (
    insert into wishlist (user_id, updated_at) select owner, max(added_at) from put group by owner)
  insert into wishlist_item (id, user_id, course_id, added_at) select id, owner, course, added_at from put)"};

/// One bound array: what `of` says of each row. An empty optional travels as an empty text.
template <class Row, class F>
value column(const std::vector<Row>& rows, F of) {
  std::vector<std::string> texts;
  texts.reserve(rows.size());
  for (const auto& r : rows) texts.push_back(value(std::invoke(of, r)).text().value_or(""));
  return value::array(texts);
}

template <class Row>
value lists(const std::vector<Row>& rows, std::vector<std::string> Row::*of) {
  return column(rows, [of](const Row& r) { return value::array(r.*of).text(); });
}

template <class Row, class... Columns>
void insert(connection& db, const statement& s, const std::vector<Row>& rows, Columns... columns) {
  if (rows.empty()) return;
  db.run(s, values{column(rows, columns)...});
}

std::int64_t whole(unsigned n) { return n; }

}  // namespace

void write(connection& db, const dataset& rows, const std::string& password_hash) {
  const auto& people = rows.accounts;
  if (!people.empty()) {
    using r = account_row;
    db.run(insert_accounts,
           {value(password_hash), column(people, &r::id), column(people, &r::email), column(people, &r::username),
            column(people, &r::first_name), column(people, &r::last_name), column(people, &r::bio),
            column(people, &r::avatar_url), column(people, &r::country), column(people, &r::timezone),
            column(people, [](const r& a) { return whole(a.roles); }), column(people, &r::created_at)});
    insert(db, insert_learners, people, &r::id, &r::target_hours, &r::created_at);
  }
  insert(db, insert_categories, rows.categories, &category_row::id, &category_row::slug, &category_row::name);

  const auto& courses = rows.courses;
  if (!courses.empty()) {
    using r = course_row;
    // The sums come with the courses: following each lesson they would write every course a second time.
    db.run(sums_are_written, {});
    struct sum {
      std::int64_t lessons = 0, minutes = 0;
    };
    std::unordered_map<uuid, sum> sums;
    for (const auto& l : rows.lessons) {
      auto& of = sums[l.course];
      ++of.lessons;
      of.minutes += l.minutes;
    }
    db.run(insert_courses, {column(courses, &r::id),
                            column(courses, &r::instructor),
                            column(courses, &r::category_slug),
                            column(courses, &r::title),
                            column(courses, &r::slug),
                            column(courses, &r::short_description),
                            column(courses, &r::description),
                            column(courses, &r::detailed_description),
                            column(courses, &r::level),
                            column(courses, &r::language),
                            column(courses, &r::price_minor),
                            column(courses, &r::original_minor),
                            column(courses, &r::thumbnail_url),
                            column(courses, &r::preview_video_url),
                            lists(courses, &r::outcomes),
                            lists(courses, &r::requirements),
                            lists(courses, &r::target_audience),
                            lists(courses, &r::tags),
                            column(courses, &r::duration_weeks),
                            column(courses, &r::created_at),
                            column(courses, &r::updated_at),
                            column(courses, &r::published_at),
                            column(courses, [&](const r& c) { return sums[c.id].lessons; }),
                            column(courses, [&](const r& c) { return sums[c.id].minutes; }),
                            column(courses, &r::number)});
    const auto rated = [](int stars) { return [stars](const r& c) { return c.ratings[stars - 1]; }; };
    insert(db, insert_numbers, courses, &r::id, &r::students, rated(1), rated(2), rated(3), rated(4), rated(5));
  }
  {
    using r = section_row;
    insert(db, insert_sections, rows.sections, &r::id, &r::course, &r::title, &r::description, &r::position,
           &r::created_at, &r::updated_at, &r::number);
  }
  if (const auto& lessons = rows.lessons; !lessons.empty()) {
    using r = lesson_row;
    db.run(insert_lessons,
           {column(lessons, &r::id), column(lessons, &r::course), column(lessons, &r::section),
            column(lessons, &r::title), column(lessons, &r::description), column(lessons, &r::kind),
            column(lessons, &r::minutes), column(lessons, &r::position), column(lessons, &r::preview),
            column(lessons, &r::video_url), lists(lessons, &r::resources), column(lessons, &r::content),
            column(lessons, &r::created_at), column(lessons, &r::updated_at), column(lessons, &r::number)});
  }
  {
    using r = order_row;
    insert(db, insert_orders, rows.orders, &r::id, &r::buyer, &r::status, &r::total_minor, &r::created_at,
           &r::completed_at);
  }
  {
    using r = order_item_row;
    insert(db, insert_order_items, rows.order_items, &r::id, &r::order, &r::buyer, &r::course, &r::title,
           &r::price_minor, &r::position);
  }
  {
    using r = enrollment_row;
    insert(db, insert_enrollments, rows.enrollments, &r::id, &r::user, &r::course, &r::order, &r::enrolled_at,
           &r::last_accessed_at, &r::completed_at);
  }
  {
    using r = progress_row;
    insert(db, insert_progress, rows.progress, &r::enrollment, &r::lesson, &r::user, &r::completed_at,
           &r::watch_seconds, &r::updated_at);
  }
  {
    using r = review_row;
    insert(db, insert_reviews, rows.reviews, &r::id, &r::course, &r::user, &r::rating, &r::title, &r::comment,
           &r::helpful, &r::created_at);
  }
  insert(db, insert_votes, rows.votes, &vote_row::review, &vote_row::user);
  insert(db, insert_cart_items, rows.cart_items, &kept_row::id, &kept_row::user, &kept_row::course,
         &kept_row::added_at);
  insert(db, insert_wishlist_items, rows.wishlist_items, &kept_row::id, &kept_row::user, &kept_row::course,
         &kept_row::added_at);
}

}  // namespace stoa::demo
