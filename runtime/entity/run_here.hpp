// An actor's turn on the thread that brings it its message: threads that wake each other cost more than the turn
// itself.
#pragma once

#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <deque>
#include <utility>

namespace stoa::runtime {

namespace detail {

/// Runs actors on this thread, those that they send to as well, one after the other and never one inside another.
class this_thread final : public caf::execution_unit {
 public:
  explicit this_thread(caf::actor_system& system) : caf::execution_unit(&system) {}

  /// The one that runs actors here by now, or null.
  static this_thread*& current() {
    thread_local this_thread* one = nullptr;
    return one;
  }

  void exec_later(caf::resumable* actor) override { ready_.push_back(actor); }

  void run() noexcept {
    current() = this;
    while (!ready_.empty()) {
      auto* actor = ready_.front();
      ready_.pop_front();
      switch (actor->resume(this, most_messages)) {
        case caf::resumable::resume_later:
          system().scheduler().enqueue(actor);  // whoever has so much to do has it done by the scheduler
          break;
        default:
          caf::intrusive_ptr_release(actor);
      }
    }
    current() = nullptr;
  }

 private:
  static constexpr std::size_t most_messages = 50;
  std::deque<caf::resumable*> ready_;
};

}  // namespace detail

/// Tells `whom` the message. Where no other thread runs that actor it runs here, before this returns; not so on a
/// thread that runs an actor already, where it comes next. Never call it with a lock held that an actor may take.
template <class Handle, class Message>
void tell_here(const Handle& whom, Message message) {
  if (!whom) return;
  if (auto* running = detail::this_thread::current()) {
    whom->eq_impl(caf::make_message_id(), nullptr, running, std::move(message));
    return;
  }
  detail::this_thread here(whom->home_system());
  whom->eq_impl(caf::make_message_id(), nullptr, &here, std::move(message));
  here.run();
}

}  // namespace stoa::runtime
