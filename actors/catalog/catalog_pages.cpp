// Pages out of the catalogue's columns.
#include <algorithm>
#include <bit>
#include <string>
#include <tuple>
#include <utility>

#include "actors/catalog/catalog_columns.hpp"

namespace stoa::actors {

bool catalog_filter::any() const {
  return category || level || min_price || max_price || rating_min || !language.empty() || instructor || free ||
         bestseller;
}

std::string catalog_filter::key() const {
  std::string out;
  const auto add = [&](const auto& member, auto shown) {
    out += '|';
    if (member) out += shown(*member);
  };
  const auto number = [](auto n) { return std::to_string(static_cast<std::int64_t>(n)); };
  add(category, [](const category_id& id) { return id.str(); });
  add(level, number);
  add(min_price, number);
  add(max_price, number);
  add(rating_min, [&](double least) { return number(std::bit_cast<std::int64_t>(least)); });
  add(instructor, [](const user_id& id) { return id.str(); });
  add(free, number);
  add(bestseller, number);
  return out + '|' + language;
}

slot_set catalog_columns::passing(const catalog_filter& f) const {
  slot_set out = live_;
  const auto nothing = slot_set(0);
  if (f.category) {
    const auto in = categories_.find(*f.category);
    if (!in) return nothing;
    out.keep([&, is = *in](slot s) { return category_[s] == is; });
  }
  if (f.instructor) {
    const auto by = instructors_.find(*f.instructor);
    if (!by) return nothing;
    out.keep([&, is = *by](slot s) { return instructor_[s] == is; });
  }
  if (!f.language.empty()) {
    const auto in = languages_.find(f.language);
    if (!in) return nothing;
    out.keep([&, is = *in](slot s) { return language_[s] == is; });
  }
  if (f.level) out.keep([&, is = *f.level](slot s) { return level_[s] == is; });
  if (f.min_price) out.keep([&, least = *f.min_price](slot s) { return price_[s] >= least; });
  if (f.max_price) out.keep([&, most = *f.max_price](slot s) { return price_[s] <= most; });
  if (f.free) out.keep([&, is = *f.free](slot s) { return (price_[s] == 0) == is; });
  if (f.rating_min && *f.rating_min > 0)
    out.keep([&, least = *f.rating_min](slot s) {
      return (rating_count_[s] > 0) & (static_cast<double>(rating_sum_[s]) >= least * rating_count_[s]);
    });
  if (f.bestseller) out.keep([&, is = *f.bestseller](slot s) { return bestseller(s) == is; });
  return out;
}

/// Where in the order the n-th of those lies, counted from the nearer end.
std::ptrdiff_t catalog_columns::nth(const permutation& p, const slot_set* of, std::size_t n, std::size_t count) const {
  if (!of) return static_cast<std::ptrdiff_t>(n);
  const auto walk = [&](auto at, std::size_t left) {
    for (;; ++at)
      if (of->has(*at) && left-- == 0) return at;
  };
  if (n <= count / 2) return walk(p.begin(), n) - p.begin();
  return walk(p.rbegin(), count - 1 - n).base() - 1 - p.begin();
}

/// `count` is the size of `of`, or of everything where there is no such set.
void catalog_columns::take(catalog_order o, bool descending, const slot_set* of, std::size_t count, std::size_t offset,
                           std::size_t limit, std::vector<slot>& into) const {
  if (offset >= count || limit == 0) return;
  const auto& p = by_[static_cast<std::size_t>(o)];
  const auto wanted = into.size() + std::min(limit, count - offset);
  // Steps over the order until the page is found, against a look at each that passes.
  const auto near = std::min(offset + limit, count - offset);
  if (of && p.size() / count * near > 4 * count) return take_few(o, descending, *of, offset, limit, into);
  const auto passes = [&](slot s) { return !of || of->has(s); };
  if (!descending) {
    for (auto at = p.begin() + nth(p, of, offset, count); into.size() < wanted; ++at)
      if (passes(*at)) into.push_back(*at);
    return;
  }
  // From the last to the first, but among equals from the first to the last: the page begins among the equals of the
  // one that the plain reverse order has at this place.
  const auto at = nth(p, of, count - 1 - offset, count);
  auto [begin, end] = equals(o, p, at);
  std::ptrdiff_t before_page = end - at - 1;
  if (of) before_page = std::count_if(p.begin() + at + 1, p.begin() + end, passes);
  for (;;) {
    auto i = static_cast<std::size_t>(begin);
    if (!of) i += static_cast<std::size_t>(std::exchange(before_page, 0));
    for (; i < static_cast<std::size_t>(end) && into.size() < wanted; ++i) {
      if (!passes(p[i])) continue;
      if (before_page > 0)
        --before_page;
      else
        into.push_back(p[i]);
    }
    if (into.size() == wanted) return;
    std::tie(begin, end) = equals(o, p, begin - 1);
  }
}

/// The run of those that are equal to the one at that place.
std::pair<std::ptrdiff_t, std::ptrdiff_t> catalog_columns::equals(catalog_order o, const permutation& p,
                                                                  std::ptrdiff_t at) const {
  const auto one = p[static_cast<std::size_t>(at)];
  const auto run = [&](auto key) {
    const auto is = key(one);
    const auto first = std::partition_point(p.begin(), p.begin() + at, [&](slot s) { return key(s) < is; });
    const auto last = std::partition_point(p.begin() + at, p.end(), [&](slot s) { return !(is < key(s)); });
    return std::pair(first - p.begin(), last - p.begin());
  };
  if (o == catalog_order::title) return run([&](slot s) { return title_[s].view(); });
  return run([&](slot s) { return number_key(o, s); });
}

void catalog_columns::take_few(catalog_order o, bool descending, const slot_set& of, std::size_t offset,
                               std::size_t limit, std::vector<slot>& into) const {
  std::vector<slot> all;
  of.each([&](slot s) { all.push_back(s); });
  const auto less = [&](slot a, slot b) {
    if (!descending) return before(o, a, b);
    return same_key(o, a, b) ? id_[a] < id_[b] : before(o, b, a);
  };
  const auto first = all.begin() + static_cast<std::ptrdiff_t>(offset);
  const auto last = all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), offset + limit));
  if (first != all.begin()) std::nth_element(all.begin(), first, all.end(), less);
  std::partial_sort(first, last, all.end(), less);
  into.insert(into.end(), first, last);
}

catalog_slice catalog_columns::page(const catalog_filter& f, catalog_order order, bool descending, std::size_t offset,
                                    std::size_t limit, const catalog_hits* among, const slot_set* passed) const {
  catalog_slice out;
  if (!among && !f.any()) {
    out.count = static_cast<std::int64_t>(size());
    take(order, descending, nullptr, size(), offset, limit, out.slots);
    return out;
  }
  auto those = passed ? *passed : passing(f);
  if (among) those &= among->all;
  const auto count = those.count();
  out.count = static_cast<std::int64_t>(count);
  take(order, descending, &those, count, offset, limit, out.slots);
  return out;
}

catalog_slice catalog_columns::relevant(const catalog_filter& f, const catalog_hits& among,
                                        std::string_view exact_title_key, std::size_t offset, std::size_t limit,
                                        const slot_set* passed) const {
  slot_set exact(id_.size());
  const auto& by_title = by_[static_cast<std::size_t>(catalog_order::title)];
  auto same = std::lower_bound(by_title.begin(), by_title.end(), exact_title_key,
                               [&](slot s, std::string_view key) { return title_[s].view() < key; });
  for (; same != by_title.end() && title_[*same].view() == exact_title_key; ++same) exact.add(*same);

  auto rest = passed ? *passed : passing(f);
  auto all = among.all;
  all |= exact;
  rest &= all;
  catalog_slice out;
  out.count = static_cast<std::int64_t>(rest.count());
  const auto next = [&](slot_set those) {
    const auto count = those.count();
    take(catalog_order::published_at, true, &those, count, offset, limit - out.slots.size(), out.slots);
    offset -= std::min(offset, count);
  };
  for (const auto* rank : {static_cast<const slot_set*>(&exact), &among.in_title}) {
    auto those = rest;
    those &= *rank;
    rest -= those;
    next(std::move(those));
  }
  next(std::move(rest));
  return out;
}

}  // namespace stoa::actors
