// Database access: named statements with bound values, rows of text, transactions.
//
// The store runs statements on its own threads; a coroutine that awaits one goes on where it was started.
// A statement's name is its metric's label and its prepared name.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/ids.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa {

/// A named statement. Define each once as a constant; placeholders are `:p1`, `:p2`, ... in order, each cast to its
/// SQL type (`:p1::text`, `:p2::bigint`), every one used at least once.
struct statement {
  const char* name;  ///< `cart.add_item`
  const char* sql;
  /// By which the host finds the statements of a plugin's library when it has loaded it, to have the database look at
  /// them then and not with the first request. Leave it alone.
  std::uint64_t mark = marked;

  static constexpr std::uint64_t marked = 0x5d7a'61c3'9e0b'f248;
};

/// One bound value: everything travels as text, PostgreSQL's casts give it its type.
class value {
 public:
  value(std::nullopt_t) {}                                    // NOLINT: implicit by intent
  value(std::string text) : text_(std::move(text)) {}         // NOLINT
  value(std::string_view text) : text_(std::string(text)) {}  // NOLINT
  value(const char* text) : text_(std::string(text)) {}       // NOLINT
  value(bool b) : text_(b ? "t" : "f") {}                     // NOLINT
  value(int n) : text_(std::to_string(n)) {}                  // NOLINT
  value(std::int64_t n) : text_(std::to_string(n)) {}         // NOLINT
  value(const uuid& u) : text_(u.str()) {}                    // NOLINT
  value(timestamp t) : text_(rfc3339(t)) {}                   // NOLINT
  value(date d) : text_(iso_date(d)) {}                       // NOLINT
  template <class Tag>
  value(const id<Tag>& i) : text_(i.str()) {}  // NOLINT
  template <class T>
  value(const std::optional<T>& v) {  // NOLINT
    if (v) *this = value(*v);
  }

  /// A PostgreSQL array literal for `::uuid[]`, `::text[]`, `::bigint[]` and `unnest`.
  static value array(const std::vector<std::string>& items);
  template <class Tag>
  static value array(const std::vector<id<Tag>>& items) {
    std::vector<std::string> texts;
    texts.reserve(items.size());
    for (const auto& i : items) texts.push_back(i.str());
    return array(texts);
  }

  /// As it travels; nullopt is null.
  const std::optional<std::string>& text() const noexcept { return text_; }

 private:
  std::optional<std::string> text_;
};

using values = std::vector<value>;

/// On whose behalf a statement runs: row-level security shows it the rows of that user, all rows to the system, and
/// none to nobody, which is what a call that says nothing is.
class acting {
 public:
  acting() = default;
  /// What policies compare with: a user's id, `system`, or nothing.
  const std::string& text() const noexcept { return text_; }
  /// The database role whose rights hold instead of the server's own; empty: those. The host sets it for plugins.
  const std::string& role() const noexcept { return role_; }
  /// The same in another role.
  acting in_role(std::string role) const {
    acting other(*this);
    other.role_ = std::move(role);
    return other;
  }
  /// Nobody acts, with the server's own rights: there is nothing to set.
  bool nobody() const noexcept { return text_.empty() && role_.empty(); }
  friend bool operator==(const acting&, const acting&) = default;

 private:
  friend acting acts_as(user_id who);
  friend acting acts_as_system();
  explicit acting(std::string text) : text_(std::move(text)) {}
  std::string text_, role_;
};

/// The rows of one user.
inline acting acts_as(user_id who) { return acting(who.str()); }
/// Work that is nobody's own: it sees and writes the rows of all.
inline acting acts_as_system() { return acting("system"); }

/// The rows of one answer, read by position. A getter throws std::runtime_error where the column is null or of
/// another type: that is a mistake in the program, not in the data.
class rows {
 public:
  class row {
   public:
    /// Columns count from 0.
    bool null(std::size_t column) const;
    /// The column's bytes as PostgreSQL prints them. Valid as long as the `rows`.
    std::string_view raw(std::size_t column) const;
    /// A copy of raw().
    std::string text(std::size_t column) const { return std::string(raw(column)); }
    /// Of smallint, integer, bigint.
    std::int64_t integer(std::size_t column) const;
    /// Of boolean.
    bool boolean(std::size_t column) const;
    /// Of real, double precision, numeric: the nearest double.
    double real(std::size_t column) const;
    /// Of uuid; as<course_id>(0) gives it its kind.
    uuid as_uuid(std::size_t column) const;
    template <class Id>
    Id as(std::size_t column) const {
      return Id{as_uuid(column)};
    }
    /// timestamptz, in whatever zone the session prints.
    timestamp time(std::size_t column) const;
    /// Of date.
    date day(std::size_t column) const;
    /// The same of columns that may be null.
    std::optional<std::string> opt_text(std::size_t column) const;
    std::optional<std::int64_t> opt_integer(std::size_t column) const;
    std::optional<timestamp> opt_time(std::size_t column) const;
    template <class Id>
    std::optional<Id> opt_as(std::size_t column) const {
      if (null(column)) return std::nullopt;
      return Id{as_uuid(column)};
    }

   private:
    friend class rows;
    row(const rows* owner, std::size_t index) : owner_(owner), index_(index) {}
    const rows* owner_;
    std::size_t index_;
  };

  /// Implemented by the store over the driver's result.
  class source {
   public:
    virtual ~source();
    /// How many rows there are.
    virtual std::size_t count() const = 0;
    virtual bool null(std::size_t row, std::size_t column) const = 0;
    virtual std::string_view text(std::size_t row, std::size_t column) const = 0;
  };

  rows() = default;
  /// Over the rows of a driver, or of a test.
  explicit rows(std::shared_ptr<const source> s);

  /// How many rows there are.
  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  /// The row lives as long as these rows. `index` counts from 0 and is not checked.
  row operator[](std::size_t index) const { return row(this, index); }
  row front() const { return row(this, 0); }

  class iterator {
   public:
    iterator(const rows* r, std::size_t i) : rows_(r), index_(i) {}
    row operator*() const { return (*rows_)[index_]; }
    iterator& operator++() { return ++index_, *this; }
    bool operator!=(const iterator& other) const { return index_ != other.index_; }

   private:
    const rows* rows_;
    std::size_t index_;
  };
  iterator begin() const { return {this, 0}; }
  iterator end() const { return {this, count_}; }

 private:
  std::shared_ptr<const source> source_;
  std::size_t count_ = 0;
};

/// Thrown by `connection::run` when PostgreSQL refuses a statement. `sqlstate` is the five-character code.
class db_error : public std::runtime_error {
 public:
  /// With PostgreSQL's own words, which are for the log and never for clients.
  db_error(std::string sqlstate, const std::string& message);
  ~db_error() override;
  /// `23505` and so on.
  const std::string& sqlstate() const noexcept { return sqlstate_; }
  bool unique_violation() const noexcept { return sqlstate_ == "23505"; }
  bool foreign_key_violation() const noexcept { return sqlstate_ == "23503"; }

 private:
  std::string sqlstate_;
};

/// A worker's session, inside `database::transact`. Blocking; never leaves its thread.
class connection {
 public:
  virtual ~connection();
  /// Runs it now, on this thread, and waits. Throws db_error where PostgreSQL refuses: let it out of `work`, and the
  /// transaction is rolled back and the error becomes a fault (`conflict` with the constraint's name, `invalid`,
  /// `unavailable`). `v` has a value for each placeholder.
  virtual rows run(const statement& s, const values& v) = 0;
};

/// Which queue a statement waits in, each with threads and sessions of its own: reports in `reads` and handlers of
/// events in `consumers` cannot starve checkouts in `commands`.
enum class lane { commands, reads, consumers };

/// The way to PostgreSQL. Thread-safe. Every call has a deadline; when the database is away or the queue is full
/// the task ends with an `unavailable` fault, as where nobody knows whether a write took place.
///
/// Who acts is said with each call, holds for that statement or transaction alone, and costs no round trip.
class database {
 public:
  virtual ~database();

  /// Callback forms, for actors. The completion is called on a store thread, exactly once.
  virtual void run(acting who, lane l, const statement& s, values v, std::function<void(result<rows>)> completion) = 0;
  /// Runs `work` inside BEGIN ... COMMIT on one session. A fault returned or an exception thrown rolls back; the
  /// completion is called after the commit. A serialization failure or deadlock is tried again, within the deadline.
  virtual void transact(acting who, lane l, std::function<result<done>(connection&)> work,
                        std::function<void(result<done>)> completion) = 0;

  /// Awaitable forms; the coroutine goes on where the core drives coroutines.
  virtual task<rows> query(acting who, const statement& s, values v, lane l = lane::reads) = 0;
  virtual task<done> in_transaction(acting who, std::function<result<done>(connection&)> work,
                                    lane l = lane::commands) = 0;

  // The same for nobody.
  void run(lane l, const statement& s, values v, std::function<void(result<rows>)> completion) {
    run(acting{}, l, s, std::move(v), std::move(completion));
  }
  void transact(lane l, std::function<result<done>(connection&)> work, std::function<void(result<done>)> completion) {
    transact(acting{}, l, std::move(work), std::move(completion));
  }
  task<rows> query(const statement& s, values v, lane l = lane::reads) { return query(acting{}, s, std::move(v), l); }
  task<done> in_transaction(std::function<result<done>(connection&)> work, lane l = lane::commands) {
    return in_transaction(acting{}, std::move(work), l);
  }
};

}  // namespace stoa
