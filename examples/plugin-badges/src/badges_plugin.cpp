// Badges for finished lessons and reviews: events become jobs, jobs tell a learner's shelf, two dialects list it.
#include <array>

#include "shelf.hpp"
#include "stoa/areas/enrollments.hpp"
#include "stoa/plugin.hpp"

namespace stoa_plugin::badges {
namespace {

const std::array<setting, 1>& settings() {
  static const std::array<setting, 1> all{{
      {"keen_lessons",
       setting_type::integer,
       "10",
       "So many finished lessons make a keen learner",
       {},
       false,
       1,
       10'000},
  }};
  return all;
}

struct earn {
  static constexpr std::string_view kind = "badges.earn";
  user_id who;
  std::optional<lesson_id> lesson;  ///< none: a review was posted
};
BOOST_DESCRIBE_STRUCT(earn, (), (who, lesson))

class badges_plugin final : public plugin {
 public:
  void configure(plugin_host& host) override { keen_lessons_ = host.settings().integer("keen_lessons"); }

  void wire(plugin_host& host) override {
    shelves_.emplace(host.entity<shelf_kind>());
    using batch = batch_of<lesson_completed, review_posted>;
    host.consume<lesson_completed, review_posted>("earnings",
                                                  [&host](connection& db, const batch& events) -> result<done> {
                                                    job_rows jobs(host.clock().now());
                                                    for (const auto& one : events)
                                                      std::visit(
                                                          [&](const auto& e) {
                                                            if (e.user)
                                                              jobs.add(earning(*e.user, e.fact), {}, e.id.str());
                                                          },
                                                          one);
                                                    db.run(queue_jobs, {jobs});
                                                    return done{};
                                                  });
    host.work_on<earn>([this](earn e, job) { return give(e); });
    for (const char* name : {"learnflow", "unpuzzle"})
      host.routes(dialect(name))
          .area("badges", *this)
          .get("/badges/", {.auth = auth::required, .summary = "One's own badges, oldest first", .addition = true},
               &badges_plugin::list);
  }

 private:
  static earn earning(user_id who, const lesson_completed& e) { return {who, e.lesson_id}; }
  static earn earning(user_id who, const review_posted&) { return {who, std::nullopt}; }

  task<done> give(earn e) {
    if (!e.lesson) co_return co_await shelves_->ask(e.who, note_review{});
    const note_lesson told{*e.lesson, keen_lessons_};
    co_return co_await shelves_->ask(e.who, told);
  }

  task<page_of<badge>> list(const request& q, paged<> in) {
    const auto mine = co_await shelves_->get(q.who.user);
    const auto& all = mine->has.badges;
    page_of<badge> out;
    out.asked = in.asked;
    out.total = static_cast<std::int64_t>(all.size());
    const auto begin = std::min(in.asked.offset(), out.total);
    const auto end = std::min(begin + in.asked.size, out.total);
    out.items.assign(all.begin() + begin, all.begin() + end);
    co_return out;
  }

  std::int64_t keen_lessons_ = 0;
  std::optional<entity_of<shelf_kind>> shelves_;
};

}  // namespace
}  // namespace stoa_plugin::badges

STOA_PLUGIN("badges", "1.0.0", stoa_plugin::badges::badges_plugin, stoa_plugin::badges::settings())
