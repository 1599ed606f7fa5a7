#include "actors/attempt/attempt_live.hpp"

#include <utility>

#include "actors/attempt/attempt_store.hpp"
#include "runtime/executor/executor.hpp"
#include "stoa/streams.hpp"

namespace stoa::actors {

namespace {

/// Clocks of several processes differ by a little.
constexpr seconds overlap{10};
constexpr minutes lately{10};
constexpr std::int64_t most = 2'000;
/// That watch one quiz.
constexpr std::size_t most_watchers = 50;

}  // namespace

class attempt_live::watcher final : public attempt_watch {
 public:
  watcher(std::shared_ptr<attempt_live> all, quiz_id quiz) : all_(std::move(all)), quiz_(quiz) {}
  ~watcher() override { all_->leave(quiz_, this); }

  task<std::vector<attempt_progress>> next() override {
    callback_awaiter<done> woken([this](callback_awaiter<done>::completion go) { wait(std::move(go)); });
    co_await woken;
    std::lock_guard lock(guard_);
    if (ended_) co_return stream_ended();
    std::vector<attempt_progress> out;
    out.reserve(news_.size());
    for (auto& [id, p] : news_) out.push_back(std::move(p));
    news_.clear();
    co_return out;
  }

  void add(const std::vector<attempt_progress>& news) {
    std::function<void(result<done>)> told;
    {
      std::lock_guard lock(guard_);
      for (const auto& p : news) {
        auto& known = versions_[p.id];
        if (known >= p.version) continue;
        known = p.version;
        news_[p.id] = p;
      }
      if (!news_.empty()) told = std::exchange(waiter_, nullptr);
    }
    if (told) told(done{});
  }

  void end() override {
    std::function<void(result<done>)> told;
    {
      std::lock_guard lock(guard_);
      ended_ = true;
      told = std::exchange(waiter_, nullptr);
    }
    if (told) told(done{});
  }

 private:
  /// Goes on where coroutines are driven, never on the turn of whoever has the news.
  void wait(callback_awaiter<done>::completion go) {
    auto told = runtime::at_home<done>(all_->post_, std::move(go));
    {
      std::lock_guard lock(guard_);
      if (news_.empty() && !ended_) {
        waiter_ = std::move(told);
        return;
      }
    }
    told(done{});
  }

  const std::shared_ptr<attempt_live> all_;
  const quiz_id quiz_;
  std::mutex guard_;
  std::map<attempt_id, attempt_progress> news_;
  std::unordered_map<attempt_id, std::int64_t> versions_;  ///< that were told
  std::function<void(result<done>)> waiter_;
  bool ended_ = false;
};

void attempt_live::changed(const attempt& a) {
  {
    std::lock_guard lock(guard_);
    if (!watched_.contains(a.quiz)) return;
  }
  tell(a.quiz, {attempt_rules::progress_of(a)});
}

task<std::shared_ptr<attempt_watch>> attempt_live::watch(quiz_id quiz) {
  auto one = std::make_shared<watcher>(shared_from_this(), quiz);
  {
    std::lock_guard lock(guard_);
    auto& those = watched_[quiz];
    if (those.size() >= most_watchers)
      co_return fault(fault_kind::too_many, "TOO_MANY_STREAMS", "Too many live streams of this quiz are open.");
    those.emplace(one.get(), one);
  }
  const auto now = co_await read(quiz, services_.time.now() - lately, true);
  one->add(now);
  co_return one;
}

task<done> attempt_live::look() {
  std::vector<quiz_id> all;
  {
    std::lock_guard lock(guard_);
    for (const auto& [quiz, those] : watched_) all.push_back(quiz);
  }
  for (const auto quiz : all) {
    const auto news = co_await read(quiz, services_.time.now() - overlap, false);
    tell(quiz, news);
  }
  co_return done{};
}

void attempt_live::tell(quiz_id quiz, const std::vector<attempt_progress>& news) {
  std::vector<std::shared_ptr<watcher>> those;
  {
    std::lock_guard lock(guard_);
    const auto at = watched_.find(quiz);
    if (at == watched_.end()) return;
    for (const auto& [key, weak] : at->second)
      if (auto one = weak.lock()) those.push_back(std::move(one));
  }
  for (const auto& one : those) one->add(news);
}

void attempt_live::leave(quiz_id quiz, watcher* one) {
  std::lock_guard lock(guard_);
  const auto at = watched_.find(quiz);
  if (at == watched_.end()) return;
  at->second.erase(one);
  if (at->second.empty()) watched_.erase(at);
}

task<std::vector<attempt_progress>> attempt_live::read(quiz_id quiz, timestamp since, bool open_ones) {
  values v{quiz, since, open_ones, most};
  const auto found = co_await services_.db.query(acts_as_system(), attempt_store::progress, std::move(v));
  std::vector<attempt_progress> out;
  out.reserve(found.size());
  for (const auto& r : found) out.push_back(attempt_store::read_progress(r, 0));
  co_return out;
}

}  // namespace stoa::actors
