#include "actors/catalog/catalog_service.hpp"

#include <atomic>
#include <mutex>

#include "actors/catalog/catalog_model.hpp"
#include "actors/catalog/catalog_rows.hpp"
#include "actors/catalog/catalog_rules.hpp"
#include "actors/catalog/catalog_search.hpp"
#include "actors/catalog/page_cache.hpp"
#include "actors/course/course_store.hpp"
#include "runtime/entity/single_flight.hpp"
#include "runtime/security/collation.hpp"
#include "runtime/security/normalize.hpp"
#include "stoa/areas/people.hpp"
#include "stoa/columns.hpp"

namespace stoa::actors {
namespace {

using category_list = std::shared_ptr<const std::vector<category>>;

/// What no event tells of, an instructor's name by SQL, is shown when pages and lists are this old.
constexpr seconds oldest{30};

/// The catalogue is a read model: columns in memory say which courses make a page, in which order and of how many; what
/// lists show of them comes from rows that pages share. Pages are kept for one version of it.
class catalog_facade final : public catalog_service {
 public:
  catalog_facade(services& s, catalog_options o)
      : services_(s),
        model_(s.db, s.log, std::move(o.post)),
        rows_(s.db, s.time, o.row_memory),
        search_(s.db, model_, o.search_memory),
        pages_(o.page_cache, o.row_memory) {
    for (const auto& key : catalog_rules::sort_keys())
      for (const auto& name : key.names) orderings_.push_back(name);
    model_.rewritten = [this](const std::vector<course_id>& courses) { rows_.forget(courses); };
    model_.teachers_changed = [this](const std::vector<user_id>& who) { rows_.forget_taught_by(who); };
    s.course_committed = [this](const course& c) { model_.committed(c); };
    s.categories_changed = [this] { forget_categories(); };
    observe_all(s);
  }

  void start() override { model_.start(); }
  bool ready() const noexcept override { return model_.ready(); }
  task<done> loaded() override { return model_.loaded(); }
  void look() override {
    model_.look();
    // Where there are many courses a single letter takes the database a while.
    if (!model_.ready() || warmed_.exchange(true)) return;
    if (model_.read([](const catalog_columns& c) { return c.size(); }) < many_courses) return;
    detach<done>(search_.warm_up(), [this](const result<done>& r) {
      if (!r) services_.log.info("searches for single letters were not made beforehand", {{"code", r.refusal().code}});
    });
  }

  task<catalog_page_ptr> page(catalog_query query) override {
    auto admitted = co_await catalog_rules::admit(std::move(query));
    co_await model_.loaded();
    const auto version = model_.version();
    auto key = admitted.normalized();
    if (auto ready = kept(key, version)) co_return ready;
    // Of one version each: who has just written something does not get the page of a moment before.
    std::function<task<catalog_page_ptr>()> making = [this, key, admitted, version] {
      return make(key, admitted, version);
    };
    co_return co_await flights_.run(key + std::to_string(version), std::move(making));
  }

  task<catalog_page_ptr> taught_by(std::optional<user_id> instructor, catalog_query query) override {
    const auto q = co_await catalog_rules::admit(std::move(query));
    std::optional<category_id> in;
    if (!q.category.empty()) {
      const auto all = co_await all_categories();
      const auto* found = catalog_rules::find_category(*all, q.category);
      if (!found) co_return std::make_shared<const catalog_page>();
      in = found->id;
    }
    const auto offset = static_cast<std::int64_t>(q.page - 1) * q.page_size;
    const auto& asked = instructor ? catalog_store::taught : catalog_store::all;
    const auto words = catalog_rules::tsquery_of(q.search);
    if (words.empty() && !q.search.empty()) co_return std::make_shared<const catalog_page>();
    values v{instructor,  in,     q.level ? name_of(*q.level) : std::string_view(),
             q.page_size, offset, q.status ? name_of(*q.status) : std::string_view(),
             words};
    const auto found = co_await services_.db.query(acts_as_system(), asked, std::move(v));
    co_return std::make_shared<const catalog_page>(catalog_store::read_taught(found));
  }

  task<std::vector<category>> categories() override {
    const auto all = co_await all_categories();
    co_return *all;
  }

  std::int64_t version() const noexcept override { return model_.version(); }
  const std::vector<std::string>& orderings() const override { return orderings_; }

 private:
  static constexpr std::size_t many_courses = 10'000;
  static constexpr std::size_t filters_kept = 256, filter_bytes = 8u << 20;

  struct made_page {
    catalog_page_ptr page;
    timestamp at;
  };

  void observe_all(services& s) {
    // Told of what was written here, too: only the database knows by which transaction.
    s.observers.push_back(observe<course_updated, course_published, review_posted>(
        "catalogue", [this](const auto& e) { model_.written({e.fact.course_id}); }));
    s.observers.push_back(
        observe<course_numbers_counted>("catalogue_numbers", [this](const heard<course_numbers_counted>& e) {
          for (const auto& id : e.fact.course_ids) model_.counted(id);
        }));
    s.observers.push_back(observe<category_created>("catalogue_categories",
                                                    [this](const heard<category_created>&) { forget_categories(); }));
    s.observers.push_back(observe<user_updated>(
        "catalogue_people", [this](const heard<user_updated>& e) { model_.renamed(user_id{e.entity}); }));
  }

  catalog_page_ptr kept(const std::string& key, std::int64_t version) {
    auto found = pages_.find(key, version);
    const auto now = services_.time.now();
    if (!found || now < found->at || now - found->at >= oldest) return nullptr;
    return found->page;
  }

  task<catalog_page_ptr> make(std::string key, catalog_query query, std::int64_t version) {
    auto page = std::make_shared<catalog_page>();
    page->version = version;
    const auto now = services_.time.now();
    catalog_filter f;
    bool nothing = false;
    if (!query.category.empty()) {
      const auto all = co_await all_categories();
      const auto* found = catalog_rules::find_category(*all, query.category);
      if (found)
        f.category = found->id;
      else
        nothing = true;
    }
    catalog_hits_ptr hits;
    if (!query.search.empty() && !nothing) {
      nothing = catalog_rules::tsquery_of(query.search).empty();
      if (!nothing) hits = co_await search_.find(query.search);
    }
    if (!nothing) {
      f.level = query.level;
      f.min_price = query.min_price;
      f.max_price = query.max_price;
      f.rating_min = query.rating_min;
      f.language = runtime::fold_identifier(query.language).value_or(query.language);
      f.instructor = query.instructor;
      f.free = query.free;
      f.bestseller = query.bestseller;
      auto wanted = select(query, f, hits.get(), page->count);
      page->courses = co_await rows_.of(std::move(wanted));
    }
    std::size_t bytes = 256;
    for (const auto& c : page->courses) bytes += catalog_rows::bytes_of(*c);
    pages_.put(key, version, made_page{page, now}, bytes);
    co_return catalog_page_ptr(std::move(page));
  }

  std::vector<wanted_row> select(const catalog_query& q, const catalog_filter& f, const catalog_hits* hits,
                                 std::int64_t& count) {
    const auto size = static_cast<std::size_t>(q.page_size);
    const auto offset = static_cast<std::size_t>(q.page - 1) * size;
    const bool by_relevance = q.ordering.empty();
    const auto order = catalog_rules::read_ordering(q.ordering).value();
    const auto title = by_relevance && hits ? runtime::collation_key(q.search) : std::string();
    return model_.read([&](const catalog_columns& c) {
      const auto passed = passing(c, f);
      const auto found = by_relevance && hits ? c.relevant(f, *hits, title, offset, size, passed.get())
                                              : c.page(f, static_cast<catalog_order>(order.key), order.descending,
                                                       offset, size, hits, passed.get());
      count = found.count;
      std::vector<wanted_row> out;
      out.reserve(found.slots.size());
      for (const auto s : found.slots)
        out.push_back({c.id(s), c.version(s), c.students(s), c.rating_count(s), c.rating_sum(s), c.bestseller(s)});
      return out;
    });
  }

  /// What passes a filter serves all its pages and orders, until something changes. Null: everything does.
  std::shared_ptr<const slot_set> passing(const catalog_columns& c, const catalog_filter& f) {
    if (!f.any()) return nullptr;
    const auto key = f.key();
    if (const auto kept = passing_.find(key, c.generation())) return *kept;
    auto made = std::make_shared<const slot_set>(c.passing(f));
    passing_.put(key, c.generation(), made, made->bytes() + key.size() + 256);
    return made;
  }

  task<category_list> all_categories() {
    std::uint64_t change = 0;
    {
      std::lock_guard lock(categories_guard_);
      const auto now = services_.time.now();
      if (categories_ && now >= categories_at_ && now - categories_at_ < oldest) co_return categories_;
      change = categories_change_;
    }
    const auto found = co_await services_.db.query(course_store::categories, values{});
    auto all = std::make_shared<std::vector<category>>();
    for (auto r : found) all->push_back(read_columns<category>(r));
    std::lock_guard lock(categories_guard_);
    if (change == categories_change_) {
      categories_ = all;
      categories_at_ = services_.time.now();
    }
    co_return category_list(std::move(all));
  }

  void forget_categories() {
    {
      std::lock_guard lock(categories_guard_);
      categories_ = nullptr;
      ++categories_change_;
    }
    model_.touch();
  }

  services& services_;
  catalog_model model_;
  catalog_rows rows_;
  catalog_search search_;
  versioned_cache<made_page> pages_;
  versioned_cache<std::shared_ptr<const slot_set>> passing_{filters_kept, filter_bytes};
  runtime::single_flight<std::string, catalog_page_ptr> flights_;
  std::vector<std::string> orderings_;
  std::atomic<bool> warmed_{false};

  std::mutex categories_guard_;
  category_list categories_;
  timestamp categories_at_{};
  std::uint64_t categories_change_ = 0;
};

}  // namespace

catalog_service& offer_catalog(services& s, catalog_options options) {
  auto facade = std::make_shared<catalog_facade>(s, std::move(options));
  s.areas.offer<stoa::catalog>(facade);
  return *facade;
}

}  // namespace stoa::actors
