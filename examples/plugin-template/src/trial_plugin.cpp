// Trial: what the plugin does, and where. An event becomes a job, the job tells an entity, two dialects show it.
#include <array>

#include "stoa/areas/enrollments.hpp"
#include "stoa/plugin.hpp"
#include "tally.hpp"

namespace stoa_plugin::trial {
namespace {

const std::array<setting, 1>& settings() {
  static const std::array<setting, 1> all{{
      {"rest", setting_type::duration, "7d", "After so long without a new lesson a tally starts over", {}},
  }};
  return all;
}

/// Handlers of events compute and write rows; what takes time, or speaks to an entity, is a job.
struct count_it {
  static constexpr std::string_view kind = "trial.count";
  user_id who;
  lesson_id lesson;
};
BOOST_DESCRIBE_STRUCT(count_it, (), (who, lesson))

struct tally_view {
  std::int64_t lessons = 0;
  std::optional<timestamp> rests_at;
};
BOOST_DESCRIBE_STRUCT(tally_view, (), (lessons, rests_at))

class trial_plugin final : public plugin {
 public:
  void configure(plugin_host& host) override {
    host_ = &host;
    rest_ = host.settings().duration("rest");
  }

  void wire(plugin_host& host) override {
    tallies_.emplace(host.entity<tally_kind>());
    host.consume<lesson_completed>("lessons",
                                   [&host](connection& db, const batch_of<lesson_completed>& batch) -> result<done> {
                                     job_rows jobs(host.clock().now());
                                     for (const auto& e : batch)
                                       if (e.user) jobs.add(count_it{*e.user, e.fact.lesson_id}, {}, e.id.str());
                                     db.run(queue_jobs, {jobs});
                                     return done{};
                                   });
    host.work_on<count_it>([this](count_it it, job) { return count(it); });
    for (const char* name : {"learnflow", "unpuzzle"})
      host.routes(dialect(name))
          .area("trial", *this)
          .get("/trial/", {.auth = auth::required, .summary = "One's own tally of finished lessons", .addition = true},
               &trial_plugin::show);
  }

 private:
  task<tally_view> show(const request& q) {
    const auto now = co_await tallies_->get(q.who.user);
    co_return tally_view{static_cast<std::int64_t>(now->lessons.size()), now->rests_at};
  }

  task<done> count(count_it it) {
    const count_lesson told{it.lesson, host_->clock().now() + rest_};
    co_await tallies_->ask(it.who, told);
    co_return done{};
  }

  plugin_host* host_ = nullptr;
  milliseconds rest_{};
  std::optional<entity_of<tally_kind>> tallies_;
};

}  // namespace
}  // namespace stoa_plugin::trial

STOA_PLUGIN("trial", "0.1.0", stoa_plugin::trial::trial_plugin, stoa_plugin::trial::settings())
