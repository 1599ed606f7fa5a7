#include <algorithm>
#include <atomic>

#include "actors/actors.hpp"
#include "actors/catalog/catalog_facade.hpp"
#include "actors/catalog/catalog_rules.hpp"
#include "actors/catalog/catalog_store.hpp"
#include "actors/catalog/catalog_version.hpp"
#include "actors/catalog/page_cache.hpp"
#include "actors/course/bestsellers.hpp"
#include "actors/course/course_rules.hpp"
#include "actors/course/course_store.hpp"
#include "runtime/actor/entity.hpp"

namespace stoa::actors {
namespace {

using category_list = std::shared_ptr<const std::vector<category>>;

/// What the catalogue's actors and its facade share.
struct catalog_commons {
  catalog_commons(const clock& time, const catalog_options& o)
      : version(time, o.numbers_interval), pages(o.page_cache), counts(o.page_cache), categories(1) {}
  catalog_version version;
  versioned_cache<catalog_page_ptr> pages;
  versioned_cache<std::int64_t> counts;
  versioned_cache<category_list> categories;
  bestsellers marks;
};

constexpr int catalog_actors = 16;
/// Everybody who asks for a page while it is made waits in a queue: as many as the front end lets in.
constexpr std::size_t catalog_queue = 4096;

/// Makes pages, one after another: the same query never runs twice at once.
class catalog_entity final : public runtime::entity<catalog_actor> {
 public:
  static constexpr const char* name = "catalog";

  catalog_entity(pointer self, services& s, catalog_commons& commons)
      : entity(self, s.db, s.log, std::max(s.mailbox, catalog_queue)), services_(s), commons_(commons) {}

  task<catalog_page_ptr> make(make_catalog_page c) {
    // Read before the rows are: what changes meanwhile belongs to a later version.
    const auto version = commons_.version.current();
    const auto content = commons_.version.content();
    if (auto ready = commons_.pages.find(c.key, version)) co_return *ready;
    auto page = std::make_shared<catalog_page>();
    page->version = version;
    catalog_store::filter f;
    f.tsquery = catalog_rules::tsquery_of(c.query.search);
    bool nothing = !c.query.search.empty() && f.tsquery.empty();
    if (!c.query.category.empty()) {
      auto naming = categories(version);
      const auto all = co_await std::move(naming);
      const auto* found = catalog_rules::find_category(*all, c.query.category);
      if (found)
        f.category = found->id;
      else
        nothing = true;
    }
    if (!nothing) {
      auto marking = marks();
      const auto best = co_await std::move(marking);
      if (c.query.bestseller) {
        for (const auto& [id, least] : *best) {
          f.marked_categories.push_back(id.is_nil() ? std::string() : id.str());
          f.marks.push_back(std::to_string(least));
        }
      }
      auto counting = count(c.query, f, version, content);
      page->count = co_await std::move(counting);
      const auto offset = static_cast<std::int64_t>(c.query.page - 1) * c.query.page_size;
      if (offset < page->count) {
        const auto order = co_await catalog_rules::read_ordering(c.query.ordering);
        auto v = catalog_store::bind(c.query, f);
        v.push_back(c.query.page_size);
        v.push_back(offset);
        auto looking = query(catalog_store::page(order, !f.tsquery.empty()), std::move(v), lane::reads);
        const auto found = co_await std::move(looking);
        page->courses.reserve(found.size());
        for (auto row : found) {
          auto item = std::make_shared<course>(catalog_store::read_item(row));
          item->is_bestseller = course_rules::bestseller(*item, bestsellers::lowest(*best, *item));
          page->courses.push_back(std::move(item));
        }
      }
    }
    commons_.pages.put(c.key, version, page);
    co_return catalog_page_ptr(std::move(page));
  }

 protected:
  task<done> load() override { co_return done{}; }

 private:
  task<category_list> categories(std::int64_t version) {
    if (auto ready = commons_.categories.find("", version)) co_return *ready;
    auto looking = query(course_store::categories, values{}, lane::reads);
    const auto found = co_await std::move(looking);
    auto all = std::make_shared<std::vector<category>>();
    for (auto r : found) all->push_back({r.as<category_id>(0), r.integer(1), r.text(2), r.text(3)});
    commons_.categories.put("", version, all);
    co_return category_list(std::move(all));
  }

  task<bestseller_marks_ptr> marks() {
    bool due = false;
    const auto now = services_.time.now();
    auto best = commons_.marks.current(now, due);
    if (due) {
      auto asking = query(course_store::bestsellers, values{}, lane::reads);
      const auto found = co_await std::move(asking);
      best = commons_.marks.set(found, now);
    }
    co_return best;
  }

  task<std::int64_t> count(const catalog_query& q, const catalog_store::filter& f, std::int64_t version,
                           std::int64_t content) {
    const auto key = catalog_rules::filter_key(q);
    if (!q.rating_min && !q.bestseller) version = -content;
    if (auto ready = commons_.counts.find(key, version)) co_return *ready;
    auto looking = query(catalog_store::count(!f.tsquery.empty()), catalog_store::bind(q, f), lane::reads);
    const auto found = co_await std::move(looking);
    const auto n = found.front().integer(0);
    commons_.counts.put(key, version, n);
    co_return n;
  }

  services& services_;
  catalog_commons& commons_;
};

catalog_actor::behavior_type catalog_behavior(catalog_actor::stateful_pointer<runtime::held<catalog_entity>> self,
                                              services* s, catalog_commons* commons) {
  auto& me = self->state.emplace(self, *s, *commons);
  return {
      [&me](runtime::continuation& c) { c.run(); },
      [&me](runtime::passivate) { me.close(); },
      [&me](make_catalog_page& c) {
        return me.enqueue<catalog_page_ptr>([&me, c = std::move(c)] { return me.make(c); });
      },
  };
}

class catalog_facade final : public stoa::catalog {
 public:
  catalog_facade(services& s, const catalog_options& options)
      : services_(s), commons_(s.time, options), directory_("catalog", s.actors, s.time, [this](const int&) {
          return services_.actors.caf().spawn(catalog_behavior, &services_, &commons_);
        }) {
    s.directories.push_back(&directory_);
    s.catalogue_changed = [this](bool numbers_only) { commons_.version.changed(numbers_only); };
    for (const auto& key : catalog_rules::sort_keys())
      for (const auto& name : key.names) orderings_.push_back(name);
  }

  task<catalog_page_ptr> page(catalog_query query) override {
    auto admitted = co_await catalog_rules::admit(std::move(query));
    auto key = admitted.normalized();
    if (auto ready = commons_.pages.find(key, commons_.version.current())) co_return *ready;
    const int place = static_cast<int>(std::hash<std::string>{}(key) % catalog_actors);
    make_catalog_page command{std::move(key), std::move(admitted)};
    auto asking = directory_.ask<catalog_page_ptr>(place, std::move(command));
    co_return co_await std::move(asking);
  }

  task<std::vector<category>> categories() override {
    const auto version = commons_.version.current();
    if (auto ready = commons_.categories.find("", version)) co_return **ready;
    auto looking = services_.db.query(course_store::categories, values{});
    const auto found = co_await std::move(looking);
    auto all = std::make_shared<std::vector<category>>();
    for (auto r : found) all->push_back({r.as<category_id>(0), r.integer(1), r.text(2), r.text(3)});
    commons_.categories.put("", version, all);
    co_return *all;
  }

  std::int64_t version() const noexcept override { return commons_.version.current(); }

  const std::vector<std::string>& orderings() const override { return orderings_; }

 private:
  services& services_;
  catalog_commons commons_;
  std::vector<std::string> orderings_;
  runtime::directory<int, catalog_actor> directory_;
};

}  // namespace

std::unique_ptr<stoa::catalog> make_catalog(services& s, catalog_options options) {
  auto facade = std::make_unique<catalog_facade>(s, options);
  s.catalog = facade.get();
  return facade;
}

}  // namespace stoa::actors
