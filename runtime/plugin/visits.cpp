#include "runtime/plugin/visits.hpp"

#include <chrono>
#include <utility>

#include "stoa/too_late.hpp"

namespace stoa::runtime {

namespace {

/// A request's stay in a plugin.
class visit {
 public:
  explicit visit(plugin_slot& slot) : slot_(slot) {}
  ~visit() {
    answered();
    slot_.leave();
  }
  visit(const visit&) = delete;
  visit& operator=(const visit&) = delete;
  void answered() {
    if (!std::exchange(answered_, true)) slot_.answered();
  }

 private:
  plugin_slot& slot_;
  bool answered_ = false;
};

/// A streamed answer's stay in a plugin: the plugin is not stopped while its producer runs. Members are let go from the
/// last to the first: what the producer holds is the instance's own code.
struct streaming {
  std::shared_ptr<plugin_slot> slot;
  std::shared_ptr<const workplace> at;
  std::unique_ptr<visit> here;
  std::shared_ptr<plugin_instance> instance;
  std::function<task<done>(std::shared_ptr<stream_writer>)> produce;
};

/// The writing end as a plugin's producer has it: it goes on where the plugin's code runs.
class own_writer final : public stream_writer {
 public:
  own_writer(std::shared_ptr<stream_writer> to, std::shared_ptr<const workplace> at)
      : to_(std::move(to)), at_(std::move(at)) {}

  task<done> write(std::string bytes) override {
    auto writing = to_->write(std::move(bytes));
    auto written = co_await as_result(std::move(writing));
    if (!at_->threads->is_here()) co_await onto([this](std::function<void()> f) { at_->post(std::move(f)); });
    co_return written;
  }
  bool open() const noexcept override { return to_->open(); }
  void when_ended(std::function<void()> f) override {
    to_->when_ended([at = at_, f = std::move(f)] { at->post(f); });
  }

 private:
  const std::shared_ptr<stream_writer> to_;
  const std::shared_ptr<const workplace> at_;
};

task<done> run_stream(std::shared_ptr<streaming> s, std::shared_ptr<stream_writer> to, const post_function& back) {
  co_await onto([&s](std::function<void()> f) { s->at->post(std::move(f)); });
  result<done> outcome = done{};
  try {
    auto running = s->produce(std::make_shared<own_writer>(std::move(to), s->at));
    outcome = co_await as_result(std::move(running));
  } catch (...) {
    outcome = detail::unexpected(std::current_exception());
  }
  if (!outcome && outcome.refusal().kind == fault_kind::internal) s->slot->failed(*s->at, outcome.refusal());
  co_await onto(back);
  co_return outcome;
}

}  // namespace

task<reply> run_visit(std::shared_ptr<plugin_slot> slot, std::shared_ptr<const workplace> at, dialect d,
                      std::size_t index, const request& q, const post_function& back) {
  auto admitted = slot->enter(*at);
  if (!admitted) co_return std::move(admitted).refusal();
  auto here = std::make_unique<visit>(*slot);
  const auto instance = std::move(admitted).value();
  co_await onto([&at, &back](std::function<void()> f) {
    // The thread that serves connections wakes the plugin's once for all requests that it has just read.
    if (at->threads->post_quietly(at->name, std::move(f))) back([threads = at->threads] { threads->wake(); });
  });
  result<reply> outcome = stoa::too_late();
  if (std::chrono::steady_clock::now() < q.deadline) {
    try {
      auto running = instance->tables().at(d).all().at(index).run(q);
      outcome = co_await as_result(std::move(running));
    } catch (...) {
      outcome = detail::unexpected(std::current_exception());
    }
  }
  slot->judge(*at, q, outcome);
  here->answered();
  if (outcome && outcome->stream) {
    auto& stream = *outcome->stream;
    auto stay = std::make_shared<streaming>();
    stay->slot = slot;
    stay->at = at;
    stay->here = std::move(here);
    stay->instance = instance;
    stay->produce = std::move(stream.produce);
    stream.produce = [stay, &back](std::shared_ptr<stream_writer> to) { return run_stream(stay, std::move(to), back); };
  }
  co_await onto(back);
  co_return outcome;
}

}  // namespace stoa::runtime
