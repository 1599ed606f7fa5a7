#include "actors/catalog/catalog_facade.hpp"

#include "actors/catalog/catalog_rules.hpp"
#include "actors/catalog/catalog_store.hpp"
#include "actors/catalog/catalog_version.hpp"
#include "actors/catalog/page_cache.hpp"
#include "actors/course/bestsellers.hpp"
#include "actors/course/course_rules.hpp"
#include "actors/course/course_store.hpp"
#include "runtime/entity/single_flight.hpp"

namespace stoa::actors {
namespace {

using category_list = std::shared_ptr<const std::vector<category>>;

/// The catalogue is a read model: pages kept for one version each, made once for all who ask at once.
class catalog_facade final : public stoa::catalog {
 public:
  catalog_facade(services& s, const catalog_options& o)
      : services_(s),
        version_(s.time, o.numbers_interval),
        pages_(o.page_cache),
        counts_(o.page_cache),
        categories_(1) {
    s.catalogue_changed = [this](bool numbers_only) { version_.changed(numbers_only); };
    for (const auto& key : catalog_rules::sort_keys())
      for (const auto& name : key.names) orderings_.push_back(name);
  }

  task<catalog_page_ptr> page(catalog_query query) override {
    auto admitted = co_await catalog_rules::admit(std::move(query));
    auto key = admitted.normalized();
    if (auto ready = pages_.find(key, version_.current())) co_return *ready;
    std::function<task<catalog_page_ptr>()> making = [this, key, admitted] { return make(key, admitted); };
    co_return co_await flights_.run(std::move(key), std::move(making));
  }

  task<std::vector<category>> categories() override {
    const auto all = co_await all_categories(version_.current());
    co_return *all;
  }

  std::int64_t version() const noexcept override { return version_.current(); }
  const std::vector<std::string>& orderings() const override { return orderings_; }

 private:
  task<catalog_page_ptr> make(std::string key, catalog_query query) {
    // Read before the rows are: what changes meanwhile belongs to a later version.
    const auto version = version_.current();
    const auto content = version_.content();
    if (auto ready = pages_.find(key, version)) co_return *ready;
    auto page = std::make_shared<catalog_page>();
    page->version = version;
    catalog_store::filter f;
    f.tsquery = catalog_rules::tsquery_of(query.search);
    bool nothing = !query.search.empty() && f.tsquery.empty();
    if (!query.category.empty()) {
      const auto all = co_await all_categories(version);
      const auto* found = catalog_rules::find_category(*all, query.category);
      if (found)
        f.category = found->id;
      else
        nothing = true;
    }
    if (!nothing) {
      const auto best = co_await fresh_marks();
      if (query.bestseller) {
        for (const auto& [id, least] : *best) {
          f.marked_categories.push_back(id.is_nil() ? std::string() : id.str());
          f.marks.push_back(std::to_string(least));
        }
      }
      page->count = co_await count(query, f, version, content);
      const auto offset = static_cast<std::int64_t>(query.page - 1) * query.page_size;
      if (offset < page->count) {
        const auto order = co_await catalog_rules::read_ordering(query.ordering);
        auto v = catalog_store::bind(query, f);
        v.push_back(query.page_size);
        v.push_back(offset);
        const auto found = co_await services_.db.query(catalog_store::page(order, !f.tsquery.empty()), std::move(v));
        page->courses.reserve(found.size());
        for (auto row : found) {
          auto item = std::make_shared<course>(catalog_store::read_item(row));
          item->is_bestseller = course_rules::bestseller(*item, bestsellers::lowest(*best, *item));
          page->courses.push_back(std::move(item));
        }
      }
    }
    pages_.put(key, version, page);
    co_return catalog_page_ptr(std::move(page));
  }

  task<category_list> all_categories(std::int64_t version) {
    if (auto ready = categories_.find("", version)) co_return *ready;
    const auto found = co_await services_.db.query(course_store::categories, values{});
    auto all = std::make_shared<std::vector<category>>();
    for (auto r : found) all->push_back({r.as<category_id>(0), r.integer(1), r.text(2), r.text(3)});
    categories_.put("", version, all);
    co_return category_list(std::move(all));
  }

  task<bestseller_marks_ptr> fresh_marks() {
    bool due = false;
    const auto now = services_.time.now();
    auto best = marks_.current(now, due);
    if (due) {
      const auto found = co_await services_.db.query(course_store::bestsellers, values{});
      best = marks_.set(found, now);
    }
    co_return best;
  }

  task<std::int64_t> count(const catalog_query& q, const catalog_store::filter& f, std::int64_t version,
                           std::int64_t content) {
    const auto key = catalog_rules::filter_key(q);
    if (!q.rating_min && !q.bestseller) version = -content;
    if (auto ready = counts_.find(key, version)) co_return *ready;
    const auto found = co_await services_.db.query(catalog_store::count(!f.tsquery.empty()), catalog_store::bind(q, f));
    const auto n = found.front().integer(0);
    counts_.put(key, version, n);
    co_return n;
  }

  services& services_;
  catalog_version version_;
  versioned_cache<catalog_page_ptr> pages_;
  versioned_cache<std::int64_t> counts_;
  versioned_cache<category_list> categories_;
  bestsellers marks_;
  runtime::single_flight<std::string, catalog_page_ptr> flights_;
  std::vector<std::string> orderings_;
};

}  // namespace

void offer_catalog(services& s, catalog_options options) {
  s.areas.offer<stoa::catalog>(std::make_shared<catalog_facade>(s, options));
}

}  // namespace stoa::actors
