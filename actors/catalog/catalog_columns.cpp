#include "actors/catalog/catalog_columns.hpp"

#include <algorithm>
#include <atomic>
#include <limits>

namespace stoa::actors {
namespace {

double rating_of(std::int64_t sum, std::int64_t count) {
  return count > 0 ? static_cast<double>(sum) / static_cast<double>(count) : 0;
}

std::int32_t small(std::int64_t n) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(n, 0, std::numeric_limits<std::int32_t>::max()));
}

/// The first bytes of a text as a number that orders like them.
std::uint64_t head_of(std::string_view text) {
  std::uint64_t head = 0;
  for (std::size_t i = 0; i < 8; ++i) head = head << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0);
  return head;
}

/// Beyond that many, one pass over an order is cheaper than a move for each.
constexpr std::size_t few = 32;

/// Grows by an eighth: doubling would cost more than the columns themselves.
template <class V>
void make_room(V& v) {
  if (v.size() == v.capacity()) v.reserve(v.size() + v.size() / 8 + 64);
}

}  // namespace

// -- keys -------------------------------------------------------------------------------------------------------------

std::int64_t catalog_columns::number_key(catalog_order o, slot s) const {
  switch (o) {
    case catalog_order::published_at:
      return published_[s];
    case catalog_order::price:
      return price_[s];
    case catalog_order::rating:  // the bits of numbers that are not negative are ordered as they are
      return std::bit_cast<std::int64_t>(rating_of(rating_sum_[s], rating_count_[s]));
    case catalog_order::students:
      return students_[s];
    case catalog_order::review_count:
      return rating_count_[s];
    case catalog_order::created_at:
      return created_[s];
    case catalog_order::updated_at:
      return updated_[s];
    case catalog_order::duration:
      return minutes_[s];
    case catalog_order::title:
      break;
  }
  return 0;
}

bool catalog_columns::same_key(catalog_order o, slot a, slot b) const {
  if (o == catalog_order::title) return title_[a].view() == title_[b].view();
  return number_key(o, a) == number_key(o, b);
}

bool catalog_columns::before(catalog_order o, slot a, slot b) const {
  if (o == catalog_order::title) {
    const auto order = title_[a].view().compare(title_[b].view());
    return order != 0 ? order < 0 : id_[a] < id_[b];
  }
  const auto ka = number_key(o, a), kb = number_key(o, b);
  return ka != kb ? ka < kb : id_[a] < id_[b];
}

bool catalog_columns::moves(catalog_order o, slot s, const catalog_entry& e) const {
  switch (o) {
    case catalog_order::published_at:
      return published_[s] != e.published_at;
    case catalog_order::title:
      return title_[s].view() != e.title_key;
    case catalog_order::price:
      return price_[s] != e.price_minor;
    case catalog_order::rating:
      return rating_sum_[s] != e.rating_sum || rating_count_[s] != small(e.rating_count);
    case catalog_order::students:
      return students_[s] != small(e.students);
    case catalog_order::review_count:
      return rating_count_[s] != small(e.rating_count);
    case catalog_order::created_at:
      return created_[s] != e.created_at;
    case catalog_order::updated_at:
      return updated_[s] != e.updated_at;
    case catalog_order::duration:
      return minutes_[s] != e.minutes;
  }
  return true;
}

// -- changes ----------------------------------------------------------------------------------------------------------

slot catalog_columns::make_slot() {
  if (!free_.empty()) {
    const auto s = free_.back();
    free_.pop_back();
    return s;
  }
  const auto grow = [](auto&... columns) { (make_room(columns), ...), (columns.emplace_back(), ...); };
  grow(id_, number_, version_, price_, published_, created_, updated_, students_, rating_count_, minutes_, rating_sum_,
       category_, language_, instructor_, row_mark_, numbers_mark_, level_, title_);
  return static_cast<slot>(id_.size() - 1);
}

void catalog_columns::write(slot s, const catalog_entry& e) {
  id_[s] = e.id;
  number_[s] = e.number;
  version_[s] = e.version;
  price_[s] = e.price_minor;
  published_[s] = e.published_at;
  created_[s] = e.created_at;
  updated_[s] = e.updated_at;
  students_[s] = small(e.students);
  rating_count_[s] = small(e.rating_count);
  rating_sum_[s] = e.rating_sum;
  minutes_[s] = e.minutes;
  category_[s] = categories_.take(e.category);
  language_[s] = languages_.take(e.language);
  instructor_[s] = instructors_.take(e.instructor);
  row_mark_[s] = e.row_mark;
  numbers_mark_[s] = e.numbers_mark;
  level_[s] = e.level;
  if (title_[s].view() != e.title_key) title_[s] = short_text(std::string_view(e.title_key).substr(0, 65'535));
  if (marks_.size() < categories_.values.size()) marks_.resize(categories_.values.size());
  live_.add(s);
  auto& page = numbered_[e.number / numbers_in_bucket];
  if (!page) {
    page = std::make_unique<std::array<slot, numbers_in_bucket>>();
    page->fill(no_slot);
  }
  (*page)[static_cast<std::size_t>(e.number % numbers_in_bucket)] = s;
}

void catalog_columns::clear(slot s) {
  const auto page = numbered_.find(number_[s] / numbers_in_bucket);
  if (page != numbered_.end()) (*page->second)[static_cast<std::size_t>(number_[s] % numbers_in_bucket)] = no_slot;
  live_.remove(s);
  id_[s] = {};
  title_[s] = {};
  free_.push_back(s);
}

void catalog_columns::changed() {
  static std::atomic<std::int64_t> last{0};
  generation_ = ++last;
}

void catalog_columns::apply(const std::vector<catalog_entry>& put, const std::vector<course_id>& gone) {
  changed();
  // Of several entries of one course the last one counts.
  std::unordered_map<course_id, const catalog_entry*> wanted;
  wanted.reserve(put.size());
  for (const auto& e : put) wanted[e.id] = &e;

  constexpr std::size_t orders = catalog_orders + 1;
  std::array<permutation, orders> out, in;
  std::vector<std::pair<slot, const catalog_entry*>> known, fresh;
  std::vector<slot> leaving;
  slot_set left(id_.size());
  for (const auto id : gone) {
    const auto s = wanted.contains(id) ? no_slot : find(id);
    if (s == no_slot || left.has(s)) continue;
    left.add(s);
    leaving.push_back(s);
  }
  for (auto& of : out) of = leaving;
  for (const auto& [id, e] : wanted) {
    const auto s = find(id);
    if (s == no_slot) {
      fresh.emplace_back(no_slot, e);
      continue;
    }
    known.emplace_back(s, e);
    for (std::size_t o = 0; o < catalog_orders; ++o) {
      if (!moves(static_cast<catalog_order>(o), s, *e)) continue;
      out[o].push_back(s);
      in[o].push_back(s);
    }
  }

  // Taken out by their old keys, put in by their new ones.
  for (std::size_t o = 0; o < orders; ++o) take_out(o, out[o]);
  for (const auto s : leaving) clear(s);
  for (const auto& [s, e] : known) write(s, *e);
  for (auto& [s, e] : fresh) {
    s = make_slot();
    write(s, *e);
    for (auto& of : in) of.push_back(s);
  }
  for (std::size_t o = orders; o-- > 0;) put_in(o, std::move(in[o]));
}

void catalog_columns::take_out(std::size_t order, const permutation& those) {
  auto& all = ordered(order);
  if (those.empty()) return;
  if (those.size() <= few) {
    const auto less = [&](slot a, slot b) { return in_order(order, a, b); };
    for (const auto s : those) all.erase(std::lower_bound(all.begin(), all.end(), s, less));
    return;
  }
  slot_set leaving(id_.size());
  for (const auto s : those) leaving.add(s);
  std::erase_if(all, [&](slot s) { return leaving.has(s); });
}

void catalog_columns::put_in(std::size_t order, permutation those) {
  auto& all = ordered(order);
  const auto less = [&](slot a, slot b) { return in_order(order, a, b); };
  if (those.size() <= few) {
    for (const auto s : those) {
      make_room(all);
      all.insert(std::lower_bound(all.begin(), all.end(), s, less), s);
    }
    return;
  }
  if (order < catalog_orders)
    sort(static_cast<catalog_order>(order), those);
  else
    std::sort(those.begin(), those.end(), less);
  if (all.empty()) {
    all = std::move(those);
    return;
  }
  permutation merged;
  merged.reserve(all.size() + those.size());
  std::merge(all.begin(), all.end(), those.begin(), those.end(), std::back_inserter(merged), less);
  all = std::move(merged);
}

/// Sorts keys that lie beside each other; looking every one up in its column would wait for memory at each comparison.
void catalog_columns::sort(catalog_order o, permutation& all) const {
  struct keyed {
    std::uint64_t key;
    slot place;
  };
  std::vector<keyed> keys;
  keys.reserve(all.size());
  for (const auto s : all) {
    const auto key = o == catalog_order::title
                         ? head_of(title_[s].view())
                         : static_cast<std::uint64_t>(number_key(o, s)) ^ (std::uint64_t{1} << 63);
    keys.push_back({key, s});
  }
  std::sort(keys.begin(), keys.end(), [&](const keyed& a, const keyed& b) {
    return a.key != b.key ? a.key < b.key : before(o, a.place, b.place);
  });
  for (std::size_t i = 0; i < keys.size(); ++i) all[i] = keys[i].place;
}

// -- looking up -------------------------------------------------------------------------------------------------------

slot catalog_columns::find(course_id id) const {
  const auto it = std::lower_bound(by_id_.begin(), by_id_.end(), id, [&](slot s, course_id i) { return id_[s] < i; });
  return it != by_id_.end() && id_[*it] == id ? *it : no_slot;
}

slot catalog_columns::numbered(std::int64_t number) const {
  if (number < 0) return no_slot;
  const auto page = numbered_.find(number / numbers_in_bucket);
  return page == numbered_.end() ? no_slot : (*page->second)[static_cast<std::size_t>(number % numbers_in_bucket)];
}

bool catalog_columns::teaches(user_id instructor) const {
  const auto index = instructors_.find(instructor);
  if (!index) return false;
  for (slot s = 0; s < id_.size(); ++s)
    if (instructor_[s] == *index && live_.has(s)) return true;
  return false;
}

catalog_entry catalog_columns::entry(slot s) const {
  catalog_entry e;
  e.id = id_[s];
  e.number = number_[s];
  e.version = version_[s];
  e.instructor = instructors_.values[instructor_[s]];
  e.category = categories_.values[category_[s]];
  e.level = level_[s];
  e.language = languages_.values[language_[s]];
  e.title_key = std::string(title_[s].view());
  e.price_minor = price_[s];
  e.students = students_[s];
  e.rating_count = rating_count_[s];
  e.rating_sum = rating_sum_[s];
  e.minutes = minutes_[s];
  e.published_at = published_[s];
  e.created_at = created_[s];
  e.updated_at = updated_[s];
  e.row_mark = row_mark_[s];
  e.numbers_mark = numbers_mark_[s];
  return e;
}

std::unordered_map<std::int64_t, catalog_bucket> catalog_columns::buckets() const {
  std::unordered_map<std::int64_t, catalog_bucket> out;
  for (const auto& [number, page] : numbered_) {
    catalog_bucket b;
    for (const auto s : *page) {
      if (s == no_slot) continue;
      ++b.count;
      b.sum += bucket_part(number_[s], row_mark_[s], numbers_mark_[s]);
    }
    if (b.count > 0) out.emplace(number, b);
  }
  return out;
}

std::vector<course_id> catalog_columns::in_bucket(std::int64_t bucket) const {
  std::vector<course_id> out;
  const auto page = numbered_.find(bucket);
  if (page == numbered_.end()) return out;
  for (const auto s : *page->second)
    if (s != no_slot) out.push_back(id_[s]);
  return out;
}

void catalog_columns::measure_bestsellers() {
  changed();
  const auto kinds = categories_.values.size();
  std::vector<std::size_t> left(kinds);
  live_.each([&](slot s) { ++left[category_[s]]; });
  std::size_t open = 0;
  for (auto& n : left) {
    n = (n + 9) / 10;
    if (n > 0) ++open;
  }
  marks_.assign(kinds, 0);
  const auto& by = by_[static_cast<std::size_t>(catalog_order::students)];
  for (auto at = by.rbegin(); at != by.rend() && open > 0; ++at) {
    const auto in = category_[*at];
    if (left[in] == 0) continue;
    marks_[in] = students_[*at];
    if (--left[in] == 0) --open;
  }
}

std::size_t catalog_columns::bytes() const {
  std::size_t n = 0;
  const auto add = [&](const auto&... columns) {
    ((n += columns.capacity() * sizeof(typename std::decay_t<decltype(columns)>::value_type)), ...);
  };
  add(id_, number_, version_, price_, published_, created_, updated_, students_, rating_count_, minutes_, rating_sum_,
      category_, language_, instructor_, row_mark_, numbers_mark_, level_, title_, free_, by_id_, marks_);
  for (const auto& p : by_) add(p);
  // What an allocation takes beside what was asked for.
  for (const auto& t : title_) n += t.view().empty() ? 0 : (t.view().size() + 2 + 8 + 15) / 16 * 16;
  n += live_.bytes() + numbered_.size() * (numbers_in_bucket * sizeof(slot) + 64);
  n += (categories_.values.size() + instructors_.values.size()) * 80 + languages_.values.size() * 160;
  return n;
}

}  // namespace stoa::actors
