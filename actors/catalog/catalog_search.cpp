#include "actors/catalog/catalog_search.hpp"

#include <algorithm>
#include <charconv>

#include "actors/catalog/catalog_rules.hpp"

namespace stoa::actors {
namespace {

/// Beyond that many rewritten courses everything is asked for anew.
constexpr std::size_t most_rewritten = 500;
/// Marks what is kept of titles that resemble words; no search has it in it.
constexpr char like_these = '\x01';

}  // namespace

task<catalog_hits_ptr> catalog_search::find(std::string words) {
  catalog_hits_ptr found;
  for (const auto& words_together : catalog_rules::parts_of(words)) {
    auto next = co_await part(words_together);
    if (!next->words) continue;
    if (!found) {
      found = std::move(next);
      continue;
    }
    auto both = std::make_shared<catalog_hits>(*found);
    both->all &= next->all;
    both->in_title &= next->in_title;
    found = std::move(both);
  }
  if (!found) found = std::make_shared<const catalog_hits>();
  if (found->all.count() > 0) co_return found;
  const bool can = co_await trigrams();
  if (!can) co_return found;
  co_return co_await part(like_these + words);
}

task<done> catalog_search::warm_up() {
  const std::string letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (const char c : letters) co_await part(std::string(1, c));
  co_return done{};
}

task<catalog_hits_ptr> catalog_search::part(std::string words) {
  std::optional<catalog_hits_ptr> ready;
  {
    std::lock_guard lock(guard_);
    const auto it = kept_.find(words);
    if (it != kept_.end()) {
      order_.splice(order_.begin(), order_, it->second.order);
      if (it->second.place == model_.place()) ready = it->second.hits;
    }
  }
  if (ready) co_return *ready;
  std::function<task<catalog_hits_ptr>()> making = [this, words] { return make(words); };
  co_return co_await flights_.run(std::move(words), std::move(making));
}

task<catalog_hits_ptr> catalog_search::make(std::string words) {
  // Read before the database is asked: what is rewritten meanwhile is asked for again.
  const auto place = model_.place();
  auto hits = std::make_shared<catalog_hits>();
  if (words.front() == like_these) {
    values v{words.substr(1)};
    const auto found = co_await db_.query(catalog_store::alike, std::move(v));
    hits->all = read(found.front().raw(0));
    put(words, hits, place);
    co_return catalog_hits_ptr(std::move(hits));
  }
  std::optional<kept> before;
  {
    std::lock_guard lock(guard_);
    if (const auto it = kept_.find(words); it != kept_.end()) before = it->second;
  }
  const auto tsquery = catalog_rules::tsquery_of(words);
  std::optional<std::vector<course_id>> changed;
  if (before) changed = model_.rewritten_since(before->place);
  if (changed && changed->size() <= most_rewritten) {
    *hits = *before->hits;
    model_.read([&](const catalog_columns& c) {
      for (const auto id : *changed) {
        const auto at = c.find(id);
        if (at == no_slot) continue;
        hits->all.remove(at);
        hits->in_title.remove(at);
      }
    });
    values v{tsquery, value::array(*changed)};
    const auto found = co_await db_.query(catalog_store::search_among, std::move(v));
    hits->all |= read(found.front().raw(0));
    hits->in_title |= read(found.front().raw(1));
  } else {
    values v{tsquery};
    const auto found = co_await db_.query(catalog_store::search, std::move(v));
    hits->all = read(found.front().raw(0));
    hits->in_title = read(found.front().raw(1));
    hits->words = found.front().integer(2) > 0;
  }
  put(words, hits, place);
  co_return catalog_hits_ptr(std::move(hits));
}

task<bool> catalog_search::trigrams() {
  if (trigrams_.load() < 0) {
    const auto found = co_await db_.query(catalog_store::has_trigrams, values{});
    trigrams_.store(found.front().integer(0) > 0 ? 1 : 0);
  }
  co_return trigrams_.load() == 1;
}

slot_set catalog_search::read(std::string_view numbers) const {
  return model_.read([&](const catalog_columns& c) {
    slot_set out;
    const char* at = numbers.data();
    const char* const end = at + numbers.size();
    while (at < end) {
      std::int64_t number = 0;
      const auto [behind, bad] = std::from_chars(at, end, number);
      if (bad != std::errc{}) break;
      if (const auto s = c.numbered(number); s != no_slot) out.add(s);
      at = behind + 1;
    }
    return out;
  });
}

void catalog_search::put(const std::string& words, catalog_hits_ptr hits, std::uint64_t place) {
  std::lock_guard lock(guard_);
  const auto drop = [&](std::unordered_map<std::string, kept>::iterator it) {
    bytes_ -= std::min(bytes_, size_of(*it->second.hits));
    order_.erase(it->second.order);
    kept_.erase(it);
  };
  if (const auto it = kept_.find(words); it != kept_.end()) drop(it);
  const auto size = size_of(*hits);
  if (size > most_) return;
  while (bytes_ + size > most_ && !order_.empty()) drop(kept_.find(*order_.back()));
  const auto it = kept_.emplace(words, kept{std::move(hits), place, {}}).first;
  order_.push_front(&it->first);
  it->second.order = order_.begin();
  bytes_ += size;
}

std::size_t catalog_search::bytes() const {
  std::lock_guard lock(guard_);
  return bytes_;
}

}  // namespace stoa::actors
