#include "actors/catalog/catalog_model.hpp"

#include <algorithm>
#include <utility>

namespace stoa::actors {
namespace {

constexpr std::int64_t rows_in_chunk = 20'000;
constexpr std::size_t most_at_once = 500;
constexpr std::size_t buckets_at_once = 8;
constexpr std::size_t most_rewritten = 4096;
/// Up to that many courses bestsellers are measured with every change, beyond with every look.
constexpr std::size_t measured_at_once = 10'000;
constexpr milliseconds shortest_check = seconds{1};
constexpr milliseconds longest_check = minutes{1};
constexpr int share_of_checks = 20;

/// Whether a page could tell the two apart.
bool differs(const catalog_entry& a, const catalog_entry& b) {
  return a.students != b.students || a.rating_count != b.rating_count || a.rating_sum != b.rating_sum;
}

fault not_there() { return fault::unavailable("The catalogue is not there yet."); }

/// Where it is not known which transaction wrote the one that is there, that was this process, just now: its event
/// brings the same row. Only the check finds there what somebody else has written since.
bool rewritten_between(const catalog_entry& a, const catalog_entry& b, bool checking) {
  if (a.version != b.version) return true;
  if (a.row_mark == 0) return checking && b.row_mark != 0;
  return b.row_mark != 0 && a.row_mark != b.row_mark;
}

}  // namespace

// -- loading ----------------------------------------------------------------------------------------------------------

void catalog_model::start() {
  {
    std::lock_guard lock(guard_);
    if (ready_.load() || loading_) return;
    loading_ = true;
  }
  read_chunk(0, std::make_shared<std::vector<catalog_entry>>());
}

task<done> catalog_model::loaded() {
  if (ready_.load()) co_return done{};
  callback_awaiter<done> arrives([this](callback_awaiter<done>::completion arrived) {
    {
      std::lock_guard lock(guard_);
      if (loading_) return waiting_.push_back(std::move(arrived));
    }
    arrived(ready_.load() ? result<done>(done{}) : result<done>(not_there()));
  });
  co_return co_await arrives;
}

/// Chunks, so that no statement takes long and no answer is large; they are sorted in when there are as many as before.
void catalog_model::read_chunk(std::int64_t behind, std::shared_ptr<std::vector<catalog_entry>> read) {
  db_.run(lane::reads, catalog_store::load, {behind, rows_in_chunk}, [this, read](result<rows> found) {
    if (!found) return load_ended(std::move(found).refusal());
    std::int64_t last = 0;
    for (auto r : *found) {
      read->push_back(catalog_store::read_entry(r).entry);
      last = read->back().number;
    }
    const bool end = static_cast<std::int64_t>(found->size()) < rows_in_chunk;
    if (end || read->size() >= columns_.size()) {
      apply(*read, {});
      read->clear();
    }
    if (!end) return read_chunk(last, read);
    load_ended(std::nullopt);
  });
}

void catalog_model::load_ended(std::optional<fault> failed) {
  std::vector<std::function<void(result<done>)>> waiting;
  {
    std::lock_guard lock(guard_);
    loading_ = false;
    waiting.swap(waiting_);
    if (!failed) {
      ready_.store(true);
      next_check_ = steady::now() + shortest_check;
    }
  }
  if (failed) {
    if (!complained_.exchange(true)) log_.warn("the catalogue was not read", {{"code", failed->code}});
  } else {
    const auto [courses, bytes] = read([](const auto& c) { return std::pair(c.size(), c.bytes()); });
    log_.info("catalogue read", {{"courses", courses}, {"bytes", bytes}});
    written({});
  }
  for (auto& arrived : waiting) {
    const result<done> outcome = failed ? result<done>(not_there()) : result<done>(done{});
    post_([arrived = std::move(arrived), outcome] { arrived(outcome); });
  }
}

// -- what changes -----------------------------------------------------------------------------------------------------

void catalog_model::committed(const course& c) {
  {
    std::lock_guard lock(guard_);
    if (!ready_.load()) {
      due_.insert(c.id);
      return;
    }
    committed_[c.id] = ++sequence_;
  }
  if (!c.published()) return apply({}, {c.id});
  auto entry = catalog_store::entry_of(c);
  // Students are counted apart from the course's own row, and never less.
  read([&](const catalog_columns& columns) {
    if (const auto at = columns.find(c.id); at != no_slot)
      entry.students = std::max(entry.students, columns.students(at));
  });
  apply({entry}, {});
}

void catalog_model::written(const std::vector<course_id>& ids) {
  {
    std::lock_guard lock(guard_);
    due_.insert(ids.begin(), ids.end());
    if (!ready_.load() || due_.empty() || std::exchange(reading_, true)) return;
  }
  read_due();
}

void catalog_model::counted(course_id id) {
  std::lock_guard lock(guard_);
  counted_.insert(id);
}

void catalog_model::renamed(user_id instructor) {
  std::lock_guard lock(guard_);
  renamed_.insert(instructor);
}

void catalog_model::read_due() {
  std::vector<course_id> ids;
  std::uint64_t seen = 0;
  {
    std::lock_guard lock(guard_);
    while (!due_.empty() && ids.size() < most_at_once) {
      ids.push_back(*due_.begin());
      due_.erase(due_.begin());
    }
    seen = sequence_;
    if (ids.empty()) reading_ = false;
  }
  if (ids.empty()) return forget_commits();
  db_.run(lane::reads, catalog_store::some, {value::array(ids)}, [this, ids, seen](result<rows> found) {
    if (found) {
      take(*found, ids, seen);
      return read_due();
    }
    if (!complained_.exchange(true))
      log_.warn("courses of the catalogue were not read", {{"code", found.refusal().code}});
    std::lock_guard lock(guard_);
    due_.insert(ids.begin(), ids.end());  // with the next look
    reading_ = false;
  });
}

void catalog_model::take(const rows& found, const std::vector<course_id>& asked, std::uint64_t seen, bool checking) {
  std::vector<catalog_entry> put;
  std::unordered_set<course_id> gone(asked.begin(), asked.end());
  for (auto r : found) {
    auto read = catalog_store::read_entry(r);
    if (!read.published) continue;
    gone.erase(read.entry.id);
    put.push_back(std::move(read.entry));
  }
  {
    std::lock_guard lock(guard_);
    const auto newer_here = [&](course_id id) {
      const auto it = committed_.find(id);
      if (it == committed_.end() || it->second <= seen) return false;
      due_.insert(id);
      return true;
    };
    std::erase_if(put, [&](const catalog_entry& e) { return newer_here(e.id); });
    std::erase_if(gone, newer_here);
  }
  apply(put, {gone.begin(), gone.end()}, checking);
}

void catalog_model::apply(const std::vector<catalog_entry>& put, const std::vector<course_id>& gone, bool checking) {
  std::vector<course_id> texts;
  bool shows = false;
  {
    const std::lock_guard door(door_);
    const std::unique_lock lock(columns_guard_);
    const bool fresh = columns_.size() == 0;
    for (const auto& e : put) {
      const auto at = fresh ? no_slot : columns_.find(e.id);
      if (at == no_slot) {
        shows = true;
        texts.push_back(e.id);
        continue;
      }
      const auto before = columns_.entry(at);
      const bool texts_too = rewritten_between(before, e, checking);
      if (texts_too) texts.push_back(e.id);
      shows = shows || texts_too || differs(before, e);
    }
    for (const auto id : gone) shows = shows || columns_.find(id) != no_slot;
    columns_.apply(put, gone);
    unmeasured_ = unmeasured_ || shows;
    if (columns_.size() <= measured_at_once) measure();
  }
  if (!shows) return;
  {
    std::lock_guard lock(log_guard_);
    for (const auto id : texts) rewritten_.push_back(id);
    while (rewritten_.size() > most_rewritten) {
      rewritten_.pop_front();
      ++first_rewritten_;
    }
  }
  rewritten(texts);
  touch();
}

void catalog_model::measure() {
  if (std::exchange(unmeasured_, false)) columns_.measure_bestsellers();
}

std::uint64_t catalog_model::place() const {
  std::lock_guard lock(log_guard_);
  return first_rewritten_ + rewritten_.size();
}

std::optional<std::vector<course_id>> catalog_model::rewritten_since(std::uint64_t place) const {
  std::lock_guard lock(log_guard_);
  if (place < first_rewritten_) return std::nullopt;
  const auto from = rewritten_.begin() + static_cast<std::ptrdiff_t>(place - first_rewritten_);
  std::vector<course_id> out(from, rewritten_.end());
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// -- the look ---------------------------------------------------------------------------------------------------------

void catalog_model::look() {
  if (!ready_.load()) return start();
  std::vector<course_id> counted;
  std::vector<user_id> renamed;
  bool check_due = false;
  {
    std::lock_guard lock(guard_);
    counted.assign(counted_.begin(), counted_.end());
    counted_.clear();
    renamed.assign(renamed_.begin(), renamed_.end());
    renamed_.clear();
    check_due = steady::now() >= next_check_ && !std::exchange(checking_, true);
  }
  std::erase_if(renamed, [&](user_id who) { return !read([&](const auto& c) { return c.teaches(who); }); });
  if (!renamed.empty()) {
    teachers_changed(renamed);
    touch();
  }
  {
    const std::lock_guard door(door_);
    const std::unique_lock lock(columns_guard_);
    measure();
  }
  written(counted);
  if (check_due) check();
}

void catalog_model::check() {
  {
    std::lock_guard lock(guard_);
    check_begun_ = steady::now();
  }
  db_.run(lane::reads, catalog_store::check, {}, [this](result<rows> found) {
    // Said once for as long as it lasts: without its database a server would say so every second.
    if (!found && !complained_.exchange(true))
      log_.warn("the catalogue was not compared", {{"code", found.refusal().code}});
    if (!found) return check_ended();
    complained_.store(false);
    compare(*found);
  });
}

void catalog_model::compare(const rows& found) {
  const auto seen = sequence();
  auto here = read([](const catalog_columns& c) { return c.buckets(); });
  std::vector<std::int64_t> other;
  for (auto r : found) {
    const auto bucket = r.integer(0);
    const auto mine = here.extract(bucket);
    if (mine.empty() || mine.mapped() != catalog_bucket{r.integer(1), r.integer(2)}) other.push_back(bucket);
  }
  for (const auto& [bucket, kept] : here) other.push_back(bucket);
  read_buckets(std::move(other), seen);
}

void catalog_model::read_buckets(std::vector<std::int64_t> buckets, std::uint64_t seen) {
  if (buckets.empty()) return check_ended();
  std::vector<std::string> now;
  std::vector<course_id> asked;
  while (!buckets.empty() && now.size() < buckets_at_once) {
    const auto one = buckets.back();
    buckets.pop_back();
    now.push_back(std::to_string(one));
    const auto here = read([one](const catalog_columns& c) { return c.in_bucket(one); });
    asked.insert(asked.end(), here.begin(), here.end());
  }
  auto rest = [this, asked = std::move(asked), buckets = std::move(buckets), seen](result<rows> found) {
    if (!found) return check_ended();
    take(*found, asked, seen, true);
    read_buckets(buckets, sequence());
  };
  db_.run(lane::reads, catalog_store::in_buckets, {value::array(now)}, std::move(rest));
}

void catalog_model::check_ended() {
  {
    std::lock_guard lock(guard_);
    const auto now = steady::now();
    const auto pause = std::chrono::duration_cast<milliseconds>(now - check_begun_) * share_of_checks;
    next_check_ = now + std::clamp(pause, shortest_check, longest_check);
    checking_ = false;
  }
  forget_commits();
  written({});
}

std::uint64_t catalog_model::sequence() const {
  std::lock_guard lock(guard_);
  return sequence_;
}

void catalog_model::forget_commits() {
  std::lock_guard lock(guard_);
  if (!reading_ && !checking_) committed_.clear();
}

}  // namespace stoa::actors
