#include "actors/catalog/catalog_rows.hpp"

#include <algorithm>

#include "actors/catalog/catalog_store.hpp"

namespace stoa::actors {
namespace {

/// What somebody else writes without an event, an instructor's name by SQL, is shown after this.
constexpr seconds oldest_row{60};

bool shows(const course& c, const wanted_row& w) {
  return c.numbers.students == w.students && c.numbers.rating_count == w.rating_count &&
         c.numbers.rating_sum == w.rating_sum && c.is_bestseller == w.bestseller;
}

void show(course& c, const wanted_row& w) {
  c.numbers.students = w.students;
  c.numbers.rating_count = w.rating_count;
  c.numbers.rating_sum = w.rating_sum;
  c.is_bestseller = w.bestseller;
}

}  // namespace

std::size_t catalog_rows::bytes_of(const course& c) {
  std::size_t n = sizeof(course) + 128;
  for (const auto* text : {&c.title, &c.slug, &c.short_description, &c.description, &c.thumbnail_url, &c.language,
                           &c.instructor.first_name, &c.instructor.last_name, &c.instructor.avatar_url})
    n += text->capacity() > 15 ? text->capacity() + 16 : 0;
  return n;
}

task<std::vector<course_ptr>> catalog_rows::of(std::vector<wanted_row> wanted) {
  const auto now = time_.now();
  std::vector<course_ptr> out(wanted.size());
  std::vector<course_id> missing;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (!(out[i] = find(wanted[i], now))) missing.push_back(wanted[i].id);
  if (!missing.empty()) {
    values v{value::array(missing)};
    const auto found = co_await db_.query(acts_as_system(), catalog_store::listed, std::move(v));
    std::unordered_map<course_id, course> read;
    for (auto r : found) {
      auto row = catalog_store::read_listed(r);
      const auto id = row.id;
      read.emplace(id, std::move(row));
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (out[i]) continue;
      if (const auto it = read.find(wanted[i].id); it != read.end())
        out[i] = put(std::move(it->second), wanted[i], now);
    }
  }
  std::erase(out, nullptr);
  co_return out;
}

course_ptr catalog_rows::find(const wanted_row& w, timestamp now) {
  std::lock_guard lock(guard_);
  const auto it = rows_.find(w.id);
  if (it == rows_.end()) return nullptr;
  auto& k = it->second;
  if (k.row->version < w.version || now - k.read_at >= oldest_row || now < k.read_at) return nullptr;
  order_.splice(order_.begin(), order_, k.place);
  if (!shows(*k.row, w)) {
    auto next = std::make_shared<course>(*k.row);
    show(*next, w);
    k.row = std::move(next);
  }
  return k.row;
}

course_ptr catalog_rows::put(course row, const wanted_row& w, timestamp now) {
  show(row, w);
  auto made = std::make_shared<const course>(std::move(row));
  const auto size = bytes_of(*made);
  if (size > most_) return made;
  std::lock_guard lock(guard_);
  if (const auto it = rows_.find(w.id); it != rows_.end()) drop(it);
  while (bytes_ + size > most_ && !order_.empty()) drop(rows_.find(order_.back()));
  order_.push_front(w.id);
  rows_.emplace(w.id, kept{made, now, order_.begin()});
  bytes_ += size;
  return made;
}

void catalog_rows::drop(std::unordered_map<course_id, kept>::iterator it) {
  bytes_ -= std::min(bytes_, bytes_of(*it->second.row));
  order_.erase(it->second.place);
  rows_.erase(it);
}

void catalog_rows::forget(const std::vector<course_id>& courses) {
  std::lock_guard lock(guard_);
  for (const auto id : courses)
    if (const auto it = rows_.find(id); it != rows_.end()) drop(it);
}

void catalog_rows::forget_taught_by(const std::vector<user_id>& instructors) {
  const std::unordered_set<user_id> who(instructors.begin(), instructors.end());
  std::lock_guard lock(guard_);
  for (auto it = rows_.begin(); it != rows_.end();) {
    const auto at = it++;
    if (who.contains(at->second.row->instructor.id)) drop(at);
  }
}

std::size_t catalog_rows::bytes() const {
  std::lock_guard lock(guard_);
  return bytes_;
}

}  // namespace stoa::actors
