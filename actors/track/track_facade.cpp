#include <functional>
#include <memory>

#include "actors/facades.hpp"
#include "actors/track/track_rules.hpp"
#include "actors/track/track_store.hpp"

namespace stoa::actors {
namespace {

class track_facade final : public tracks {
 public:
  explicit track_facade(services& s) : services_(s) {}

  task<std::vector<track>> list() override {
    auto found = co_await all();
    std::erase_if(found, [](const track& t) { return !t.open; });
    co_return found;
  }

  task<std::vector<track>> all() override { return read(std::nullopt); }

  task<track> get(std::string code) override {
    // What is no code is nobody's; the database is not asked.
    if (code.empty() || code.size() > track_limits::code) co_return track_not_found();
    auto found = co_await read(std::move(code));
    if (found.empty()) co_return track_not_found();
    co_return std::move(found.front());
  }

  task<done> put(track wanted) override {
    auto t = co_await track_rules::admit(std::move(wanted));
    std::function<result<done>(connection&)> work = [t, now = services_.time.now()](connection& db) -> result<done> {
      db.run(track_store::put, {t.code, t.title, t.description, t.price_minor, t.currency, t.open, t.position, now});
      db.run(track_store::drop_courses, {t.code});
      const auto known = db.run(track_store::put_courses, {t.code, value::array(t.courses)});
      if (known.size() != t.courses.size()) {
        fault f = fault::field("courses", "Not all of these courses exist.");
        f.code = "UNKNOWN_COURSE";
        return f;
      }
      return done{};
    };
    co_return co_await services_.db.in_transaction(acts_as_system(), std::move(work));
  }

  task<done> remove(std::string code) override {
    values v{std::move(code)};
    const auto gone = co_await services_.db.query(acts_as_system(), track_store::remove, std::move(v), lane::commands);
    if (gone.empty()) co_return track_not_found();
    co_return done{};
  }

 private:
  task<std::vector<track>> read(std::optional<std::string> code) {
    values v{std::move(code)};
    const auto found = co_await services_.db.query(acts_as_system(), track_store::list, std::move(v));
    std::vector<track> out;
    for (const auto& row : found) out.push_back(track_store::read(row));
    co_return out;
  }

  services& services_;
};

}  // namespace

void offer_tracks(services& s) { s.areas.offer<tracks>(std::make_shared<track_facade>(s)); }

}  // namespace stoa::actors
