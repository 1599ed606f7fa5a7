#include "actors/catalog/catalog_columns.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <random>
#include <set>
#include <string>

namespace {

using namespace stoa;
using actors::bucket_part;
using actors::catalog_columns;
using actors::catalog_entry;
using actors::catalog_filter;
using actors::catalog_hits;
using actors::catalog_order;

/// Entries as a catalogue has them: few categories and levels, many equal prices and ratings.
class shelf {
 public:
  explicit shelf(unsigned seed, std::size_t categories = 8) : draw_(seed) {
    for (std::size_t i = 0; i < categories; ++i) categories_.push_back(category_id::make());
    for (int i = 0; i < 20; ++i) teachers_.push_back(user_id::make());
  }

  catalog_entry make() {
    catalog_entry e;
    e.id = random_id();
    e.number = ++last_number_;
    return change(std::move(e));
  }

  catalog_entry change(catalog_entry e) {
    ++e.version;
    e.instructor = pick(teachers_);
    e.category = below(10) == 0 ? category_id{} : pick(categories_);
    e.level = static_cast<course_level>(below(3));
    e.language = std::vector<std::string>{"english", "german", "polski"}[below(3)];
    e.title_key = std::string("title ") + static_cast<char>('a' + below(26)) + std::to_string(below(400));
    e.price_minor = below(3) == 0 ? 0 : below(20) * 1000 + 999;
    e.students = below(4) == 0 ? below(1000) : below(12);
    e.rating_count = below(3) == 0 ? 0 : below(30);
    e.rating_sum = e.rating_count * 3 + (e.rating_count ? below(2 * e.rating_count) : 0);
    e.minutes = static_cast<int>(below(600));
    e.published_at = 1'700'000'000'000'000 + below(1000) * 86'400'000'000;
    e.created_at = e.published_at - below(1000);
    e.updated_at = e.published_at + below(1000);
    e.row_mark = static_cast<std::uint32_t>(below(1'000'000'000));
    e.numbers_mark = static_cast<std::uint32_t>(below(1'000'000'000));
    return e;
  }

  /// Ids in no order of time.
  course_id random_id() {
    std::string text = course_id::make().str();
    for (auto& c : text)
      if (c != '-') c = "0123456789abcdef"[below(16)];
    return *course_id::parse(text);
  }

  std::int64_t below(std::int64_t n) { return std::uniform_int_distribution<std::int64_t>(0, n - 1)(draw_); }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(below(static_cast<std::int64_t>(from.size())))];
  }

  catalog_filter filter() {
    catalog_filter f;
    if (below(3) == 0) f.category = below(20) == 0 ? category_id::make() : pick(categories_);
    if (below(4) == 0) f.level = static_cast<course_level>(below(3));
    if (below(4) == 0) f.min_price = below(10) * 1000;
    if (below(4) == 0) f.max_price = below(20) * 1000 + 999;
    if (below(4) == 0) f.rating_min = static_cast<double>(below(11)) / 2;
    if (below(6) == 0) f.language = below(4) == 0 ? "klingon" : "german";
    if (below(6) == 0) f.instructor = pick(teachers_);
    if (below(6) == 0) f.free = below(2) == 0;
    if (below(6) == 0) f.bestseller = below(2) == 0;
    return f;
  }

  std::vector<category_id> categories_;
  std::vector<user_id> teachers_;

 private:
  std::mt19937 draw_;
  std::int64_t last_number_ = 0;
};

/// The same said in the plainest way.
class reference {
 public:
  std::map<course_id, catalog_entry> all;

  bool bestseller(const catalog_entry& e) const {
    std::vector<std::int64_t> students;
    for (const auto& [id, o] : all)
      if (o.category == e.category) students.push_back(o.students);
    std::sort(students.rbegin(), students.rend());
    return e.students >= 5 && e.students >= students[(students.size() + 9) / 10 - 1];
  }

  bool passes(const catalog_filter& f, const catalog_entry& e) const {
    return (!f.category || e.category == *f.category) && (!f.level || e.level == *f.level) &&
           (!f.min_price || e.price_minor >= *f.min_price) && (!f.max_price || e.price_minor <= *f.max_price) &&
           (!f.rating_min || *f.rating_min <= 0 ||
            (e.rating_count > 0 &&
             static_cast<double>(e.rating_sum) >= *f.rating_min * static_cast<double>(e.rating_count))) &&
           (f.language.empty() || e.language == f.language) && (!f.instructor || e.instructor == *f.instructor) &&
           (!f.free || (e.price_minor == 0) == *f.free) && (!f.bestseller || bestseller(e) == *f.bestseller);
  }

  static double rating(const catalog_entry& e) {
    return e.rating_count ? static_cast<double>(e.rating_sum) / static_cast<double>(e.rating_count) : 0;
  }
  static int compare(catalog_order o, const catalog_entry& a, const catalog_entry& b) {
    const auto of = [](const auto& x, const auto& y) { return x < y ? -1 : y < x ? 1 : 0; };
    switch (o) {
      case catalog_order::published_at:
        return of(a.published_at, b.published_at);
      case catalog_order::title:
        return of(a.title_key, b.title_key);
      case catalog_order::price:
        return of(a.price_minor, b.price_minor);
      case catalog_order::rating:
        return of(rating(a), rating(b));
      case catalog_order::students:
        return of(a.students, b.students);
      case catalog_order::review_count:
        return of(a.rating_count, b.rating_count);
      case catalog_order::created_at:
        return of(a.created_at, b.created_at);
      case catalog_order::updated_at:
        return of(a.updated_at, b.updated_at);
      case catalog_order::duration:
        return of(a.minutes, b.minutes);
    }
    return 0;
  }

  template <class Among>
  std::vector<course_id> ids(const catalog_filter& f, catalog_order o, bool descending, Among among) const {
    std::vector<const catalog_entry*> found;
    for (const auto& [id, e] : all)
      if (passes(f, e) && among(e)) found.push_back(&e);
    std::stable_sort(found.begin(), found.end(), [&](const auto* a, const auto* b) {
      const auto order = compare(o, *a, *b);
      return descending ? order > 0 : order < 0;
    });
    std::vector<course_id> out;
    for (const auto* e : found) out.push_back(e->id);
    return out;
  }
};

std::vector<course_id> ids_of(const catalog_columns& c, const actors::catalog_slice& s) {
  std::vector<course_id> out;
  for (const auto at : s.slots) out.push_back(c.id(at));
  return out;
}

std::vector<course_id> part(const std::vector<course_id>& all, std::size_t offset, std::size_t limit) {
  if (offset >= all.size()) return {};
  const auto from = all.begin() + static_cast<std::ptrdiff_t>(offset);
  return {from, from + static_cast<std::ptrdiff_t>(std::min(limit, all.size() - offset))};
}

void compare_pages(catalog_columns& columns, const reference& plain, shelf& s, int queries) {
  columns.measure_bestsellers();
  const auto everything = [](const catalog_entry&) { return true; };
  for (int q = 0; q < queries; ++q) {
    const auto f = s.filter();
    const auto o = static_cast<catalog_order>(s.below(actors::catalog_orders));
    const bool descending = s.below(2) == 0;
    const auto wanted = plain.ids(f, o, descending, everything);
    const auto limit = static_cast<std::size_t>(1 + s.below(30));
    const auto offset = static_cast<std::size_t>(s.below(static_cast<std::int64_t>(wanted.size()) + 5));
    const auto found = columns.page(f, o, descending, offset, limit);
    INFO("order " << static_cast<int>(o) << (descending ? " descending" : " ascending") << " offset " << offset);
    REQUIRE(found.count == static_cast<std::int64_t>(wanted.size()));
    REQUIRE(ids_of(columns, found) == part(wanted, offset, limit));
    const auto passed = columns.passing(f);
    const auto again = columns.page(f, o, descending, offset, limit, nullptr, &passed);
    REQUIRE(again.count == found.count);
    REQUIRE(again.slots == found.slots);
  }
}

}  // namespace

TEST_CASE("pages of the columns are those of the plainest catalogue", "[catalog]") {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    shelf s(seed);
    catalog_columns columns;
    reference plain;
    compare_pages(columns, plain, s, 20);
    // Small and large batches of what comes, changes and goes.
    for (const int batch : {1, 3, 400, 20, 150, 1, 60, 200}) {
      std::vector<catalog_entry> put;
      std::vector<course_id> gone;
      for (int i = 0; i < batch; ++i) {
        const auto what = plain.all.empty() ? 0 : s.below(4);
        if (what < 2) {
          put.push_back(s.make());
        } else {
          auto it = plain.all.begin();
          std::advance(it, s.below(static_cast<std::int64_t>(plain.all.size())));
          if (what == 2)
            put.push_back(s.change(it->second));
          else
            gone.push_back(it->first);
        }
      }
      columns.apply(put, gone);
      for (const auto id : gone) plain.all.erase(id);
      for (const auto& e : put) plain.all.insert_or_assign(e.id, e);
      REQUIRE(columns.size() == plain.all.size());
      compare_pages(columns, plain, s, 120);
    }
  }
}

TEST_CASE("what passes a filter may be kept until something changes", "[catalog]") {
  shelf s(11);
  catalog_columns columns, others;
  const auto one = s.make();
  columns.apply({one}, {});
  const auto before = columns.generation();
  columns.measure_bestsellers();
  const auto measured = columns.generation();
  CHECK(measured != before);
  others.apply({one}, {});
  CHECK(others.generation() != measured);
  columns.apply({s.change(one)}, {});
  CHECK(columns.generation() != measured);
  CHECK(columns.generation() != others.generation());
}

TEST_CASE("filters that differ have keys that differ", "[catalog]") {
  const catalog_filter all;
  CHECK_FALSE(all.any());
  std::set<std::string> keys{all.key()};
  const auto fresh = [&](auto set) {
    catalog_filter f;
    set(f);
    INFO(f.key());
    CHECK(f.any());
    CHECK(keys.insert(f.key()).second);
    CHECK(catalog_filter(f).key() == f.key());
  };
  const auto id = uuid::make_v7();
  fresh([&](catalog_filter& f) { f.category = category_id{id}; });
  fresh([&](catalog_filter& f) { f.instructor = user_id{id}; });
  for (const auto level : {course_level::beginner, course_level::advanced})
    fresh([&](catalog_filter& f) { f.level = level; });
  fresh([](catalog_filter& f) { f.min_price = 100; });
  fresh([](catalog_filter& f) { f.max_price = 100; });
  fresh([](catalog_filter& f) { f.min_price = f.max_price = 100; });
  for (const double least : {4.0, 4.5}) fresh([&](catalog_filter& f) { f.rating_min = least; });
  for (const char* language : {"english", "1"}) fresh([&](catalog_filter& f) { f.language = language; });
  for (const bool is : {true, false}) {
    fresh([&](catalog_filter& f) { f.free = is; });
    fresh([&](catalog_filter& f) { f.bestseller = is; });
  }
}

TEST_CASE("numbers that change one at a time keep every order", "[catalog]") {
  shelf s(7);
  catalog_columns columns;
  reference plain;
  std::vector<catalog_entry> put;
  for (int i = 0; i < 300; ++i) put.push_back(s.make());
  columns.apply(put, {});
  for (const auto& e : put) plain.all.emplace(e.id, e);
  for (int i = 0; i < 200; ++i) {
    auto& e = plain.all.at(s.pick(put).id);
    ++e.students;
    e.rating_count += 1;
    e.rating_sum += 1 + s.below(5);
    columns.apply({e}, {});
    if (i % 20 == 0) compare_pages(columns, plain, s, 40);
  }
}

TEST_CASE("what a search found is a filter like any other", "[catalog]") {
  shelf s(11);
  catalog_columns columns;
  reference plain;
  std::vector<catalog_entry> put;
  for (int i = 0; i < 500; ++i) put.push_back(s.make());
  columns.apply(put, {});
  for (const auto& e : put) plain.all.emplace(e.id, e);
  columns.measure_bestsellers();
  for (int q = 0; q < 200; ++q) {
    catalog_hits hits;
    const auto rarity = 1 + s.below(60);
    for (const auto& e : put) {
      if (s.below(rarity) != 0) continue;
      hits.all.add(columns.find(e.id));
      if (s.below(3) == 0) hits.in_title.add(columns.find(e.id));
    }
    const auto f = s.filter();
    const auto found = [&](const catalog_entry& e) { return hits.all.has(columns.find(e.id)); };
    const auto o = static_cast<catalog_order>(s.below(actors::catalog_orders));
    const auto wanted = plain.ids(f, o, true, found);
    const auto offset = static_cast<std::size_t>(s.below(20));
    const auto page = columns.page(f, o, true, offset, 10, &hits);
    REQUIRE(page.count == static_cast<std::int64_t>(wanted.size()));
    REQUIRE(ids_of(columns, page) == part(wanted, offset, 10));

    // By relevance: the exact title, the titles, the rest; the newest first in each.
    const auto exact = s.pick(put).title_key;
    std::vector<course_id> ranked;
    for (int rank = 0; rank < 3; ++rank) {
      const auto of = plain.ids(f, catalog_order::published_at, true, [&](const catalog_entry& e) {
        const auto at = columns.find(e.id);
        const auto is = e.title_key == exact ? 0 : hits.in_title.has(at) ? 1 : hits.all.has(at) ? 2 : 3;
        return is == rank;
      });
      ranked.insert(ranked.end(), of.begin(), of.end());
    }
    const auto relevant = columns.relevant(f, hits, exact, offset, 10);
    REQUIRE(relevant.count == static_cast<std::int64_t>(ranked.size()));
    REQUIRE(ids_of(columns, relevant) == part(ranked, offset, 10));
  }
}

TEST_CASE("an entry comes back as it went in, and is found by id and number", "[catalog]") {
  shelf s(13);
  catalog_columns columns;
  const auto a = s.make(), b = s.make();
  columns.apply({a, b}, {});
  const auto back = columns.entry(columns.find(a.id));
  CHECK(back.title_key == a.title_key);
  CHECK(back.category == a.category);
  CHECK(back.instructor == a.instructor);
  CHECK(back.language == a.language);
  CHECK(back.rating_sum == a.rating_sum);
  CHECK(back.updated_at == a.updated_at);
  CHECK(columns.numbered(b.number) == columns.find(b.id));
  CHECK(columns.teaches(b.instructor));
  columns.apply({}, {b.id, b.id, course_id::make()});
  CHECK(columns.find(b.id) == actors::no_slot);
  CHECK(columns.numbered(b.number) == actors::no_slot);
  CHECK(columns.teaches(b.instructor) == (a.instructor == b.instructor));
  CHECK(columns.size() == 1);
  CHECK(columns.numbered(-1) == actors::no_slot);
  CHECK(columns.numbered(std::int64_t{1} << 60) == actors::no_slot);
}

TEST_CASE("a bucket tells when a row was written by somebody else", "[catalog]") {
  shelf s(17);
  catalog_columns columns;
  std::vector<catalog_entry> put;
  for (int i = 0; i < 3000; ++i) put.push_back(s.make());
  columns.apply(put, {});
  const auto before = columns.buckets();
  REQUIRE(before.size() == 3);
  CHECK(before.at(0).count == 1023);  // numbers begin at 1
  CHECK(before.at(1).count == 1024);
  std::int64_t sum = 0;
  for (const auto& e : put)
    if (e.number / actors::numbers_in_bucket == 1) sum += bucket_part(e.number, e.row_mark, e.numbers_mark);
  CHECK(before.at(1).sum == sum);
  ++put[1500].row_mark;
  columns.apply({put[1500]}, {});
  const auto after = columns.buckets();
  CHECK(after.at(0) == before.at(0));
  CHECK_FALSE(after.at(1) == before.at(1));
  CHECK(after.at(2) == before.at(2));
  CHECK(columns.in_bucket(1).size() == 1024);
  columns.apply({}, {put[1500].id});
  CHECK(columns.buckets().at(1).count == 1023);
  CHECK(columns.in_bucket(7).empty());
}

// Not run by itself: stoa_unit "[.bench]". Prints what each kind of page takes, and the bytes of a course.
TEST_CASE("how long pages of many courses take", "[.bench]") {
  for (const std::size_t n : {1'000u, 100'000u, 1'000'000u}) {
    shelf s(23, 40);
    std::vector<catalog_entry> put;
    put.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
      auto e = s.make();
      e.title_key = "introduction to something worth it " + std::to_string(s.below(1'000'000));
      put.push_back(std::move(e));
    }
    using steady = std::chrono::steady_clock;
    const auto ms = [](steady::duration d) { return std::chrono::duration<double, std::milli>(d).count(); };
    catalog_columns columns;
    auto since = steady::now();
    columns.apply(put, {});
    const auto loading = ms(steady::now() - since);
    since = steady::now();
    columns.measure_bestsellers();
    std::printf("%zu courses: loaded in %.0f ms, bestsellers in %.2f ms, %.0f bytes a course\n", n, loading,
                ms(steady::now() - since), static_cast<double>(columns.bytes()) / static_cast<double>(n));

    catalog_hits broad, rare;
    for (const auto& e : put) {
      if (s.below(3) != 0) broad.all.add(columns.find(e.id));
      if (s.below(1000) == 0) rare.all.add(columns.find(e.id));
    }
    const auto timed = [&](const char* what, auto page) {
      std::vector<double> all;
      for (int i = 0; i < 200; ++i) {
        const auto begun = steady::now();
        const auto found = page();
        all.push_back(ms(steady::now() - begun));
        REQUIRE(found.count >= 0);
      }
      std::sort(all.begin(), all.end());
      std::printf("  %-42s p50 %.3f ms  p95 %.3f ms\n", what, all[100], all[190]);
    };
    const auto any = [&] { return static_cast<catalog_order>(s.below(actors::catalog_orders)); };
    timed("first page, any order", [&] { return columns.page({}, any(), s.below(2) == 0, 0, 20); });
    timed("a deep page, any order", [&] {
      return columns.page({}, any(), true, static_cast<std::size_t>(s.below(static_cast<std::int64_t>(n))), 20);
    });
    timed("one category, any order", [&] {
      catalog_filter f;
      f.category = s.pick(s.categories_);
      return columns.page(f, any(), true, 0, 20);
    });
    timed("category, level, prices and rating, deep", [&] {
      catalog_filter f;
      f.category = s.pick(s.categories_);
      f.level = course_level::beginner;
      f.min_price = 0;
      f.max_price = 10'000;
      f.rating_min = 3.5;
      return columns.page(f, any(), true, static_cast<std::size_t>(s.below(static_cast<std::int64_t>(n / 1000 + 1))),
                          20);
    });
    timed("a rating, the deepest page", [&] {
      catalog_filter f;
      f.rating_min = 3.0;
      return columns.page(f, any(), true, n / 4, 20);
    });
    timed("bestsellers", [&] {
      catalog_filter f;
      f.bestseller = true;
      return columns.page(f, any(), true, 0, 20);
    });
    timed("a broad search by relevance", [&] { return columns.relevant({}, broad, "title a1", 0, 20); });
    timed("a rare search by relevance", [&] { return columns.relevant({}, rare, "title a1", 0, 20); });
    timed("one course changes", [&] {
      auto e = s.pick(put);
      ++e.students;
      e.updated_at += s.below(1'000'000);
      columns.apply({e}, {});
      return actors::catalog_slice{};
    });
    std::vector<catalog_entry> many;
    for (int i = 0; i < 1000; ++i) many.push_back(s.pick(put));
    timed("the students of a thousand change", [&] {
      for (auto& e : many) e.students += s.below(3);
      columns.apply(many, {});
      return actors::catalog_slice{};
    });
  }
}
