// What areas and plugins offer each other: one typed place instead of a parameter per interface.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stoa {

/// A part of the domain, or a plugin, whose header has a version of its own. A change that existing users of the header
/// would have to know of raises the number.
struct area {
  std::string_view name;
  int version = 1;

  /// `orders/1`, as `needs` in a plugin's manifest says it.
  std::string str() const { return std::string(name) + "/" + std::to_string(version); }
  bool operator==(const area&) const = default;
};

/// What an interface is known by across libraries. Each interface that is offered has one:
/// `static constexpr interface_id interface{areas::orders, "orders"};`
struct interface_id {
  stoa::area area;
  std::string_view name;  ///< unique within its area
};

/// Somebody used what nobody offers, or offered twice what there may be once. A mistake of whoever put the parts
/// together, not of a request.
class registry_error : public std::logic_error {
 public:
  using std::logic_error::logic_error;
  ~registry_error() override;
};

/// Interfaces by their type, and by a name where there may be several (`find<payment_gateway>("stripe")`). Thread-safe.
/// The types are found by `interface`, not by RTTI: two libraries have no type_info in common.
class registry {
 public:
  registry();
  ~registry();
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;

  /// Offers what the caller keeps alive for as long as anybody may use the registry. Throws registry_error where it is
  /// offered already.
  template <class I>
  void offer(I& implementation, std::string name = {}) {
    put(I::interface, std::move(name), std::shared_ptr<void>(std::shared_ptr<void>(), &implementation));
  }
  /// Offers what users keep alive: what was found stays usable when it is withdrawn.
  template <class I>
  void offer(std::shared_ptr<I> implementation, std::string name = {}) {
    put(I::interface, std::move(name), std::static_pointer_cast<void>(std::move(implementation)));
  }
  /// No later `use` or `find` gives it; nothing where it was not offered.
  template <class I>
  void withdraw(const std::string& name = {}) {
    take(I::interface, name);
  }

  /// What somebody offers under no name; throws registry_error where nobody does. The reference holds as long as the
  /// offer: for what outlives its users.
  template <class I>
  I& use() const {
    return *static_cast<I*>(required(I::interface));
  }
  /// Null where nobody offers it.
  template <class I>
  std::shared_ptr<I> find(const std::string& name = {}) const {
    return std::static_pointer_cast<I>(get(I::interface, name));
  }
  /// Under which names it is offered, in their order.
  template <class I>
  std::vector<std::string> names() const {
    return names_of(I::interface);
  }

  /// The same without types, for whoever stands between (the plugin host).
  void put(const interface_id& what, std::string name, std::shared_ptr<void> implementation);
  std::shared_ptr<void> get(const interface_id& what, const std::string& name) const;
  void take(const interface_id& what, const std::string& name);
  void* required(const interface_id& what) const;
  std::vector<std::string> names_of(const interface_id& what) const;

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<void>> offered_;  // by (area/version/interface, name)
};

/// An interface that is looked up when it is first used, once: for parts that are made before what they use.
/// Thread-safe.
template <class I>
class use_of {
 public:
  explicit use_of(const registry& from) : from_(from) {}
  I* operator->() const { return &get(); }
  I& operator*() const { return get(); }

 private:
  I& get() const {
    I* known = known_.load(std::memory_order_acquire);
    if (!known) known_.store(known = &from_.use<I>(), std::memory_order_release);
    return *known;
  }
  const registry& from_;
  mutable std::atomic<I*> known_{nullptr};
};

}  // namespace stoa
