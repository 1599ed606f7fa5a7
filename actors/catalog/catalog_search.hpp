// What words find in the catalogue: asked of the database's index once, then kept as sets of places and brought up to
// date with the courses that were rewritten since.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "actors/catalog/catalog_model.hpp"
#include "runtime/entity/single_flight.hpp"

namespace stoa::actors {

using catalog_hits_ptr = std::shared_ptr<const catalog_hits>;

/// Thread-safe.
class catalog_search {
 public:
  catalog_search(database& db, catalog_model& model, std::size_t most_bytes)
      : db_(db), model_(model), most_(most_bytes) {}

  /// Courses in which all the words are, each perhaps going on; where that is none, those with titles much like them.
  task<catalog_hits_ptr> find(std::string words);
  /// Asks for what nearly every course has, single letters, before anybody does; one after the other.
  task<done> warm_up();
  std::size_t bytes() const;

 private:
  struct kept {
    catalog_hits_ptr hits;
    std::uint64_t place = 0;  ///< of the model's sequence when they were right
    std::list<const std::string*>::iterator order;
  };

  /// Words that are looked up together; with a mark before them titles like them.
  task<catalog_hits_ptr> part(std::string words);
  task<catalog_hits_ptr> make(std::string words);
  task<bool> trigrams();
  std::size_t size_of(const catalog_hits& h) const { return h.all.bytes() + h.in_title.bytes() + 256; }
  void put(const std::string& words, catalog_hits_ptr hits, std::uint64_t place);
  slot_set read(std::string_view numbers) const;

  database& db_;
  catalog_model& model_;
  const std::size_t most_;
  runtime::single_flight<std::string, catalog_hits_ptr> flights_;
  std::atomic<int> trigrams_{-1};

  mutable std::mutex guard_;
  std::unordered_map<std::string, kept> kept_;
  std::list<const std::string*> order_;  ///< most recently asked for first
  std::size_t bytes_ = 0;
};

}  // namespace stoa::actors
