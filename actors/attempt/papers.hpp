// The papers of the attempts in memory, one for all that share it.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "actors/quiz/question_json.hpp"
#include "stoa/areas/quizzes.hpp"

namespace stoa::actors {

/// Node view; keeps a paper as long as an attempt holds it. Thread-safe.
class papers {
 public:
  /// The paper of that id: the one in memory, or read from its row.
  quiz_paper_ptr of_row(const uuid& id, quiz_id quiz, std::int64_t quiz_version, std::string_view content) {
    {
      std::lock_guard lock(guard_);
      if (const auto at = held_.find(id); at != held_.end())
        if (auto there = at->second.lock()) return there;
    }
    return keep(std::make_shared<const quiz_paper>(question_json::read_paper(id, quiz, quiz_version, content)));
  }

  /// The one that is kept under its id by now.
  quiz_paper_ptr keep(quiz_paper_ptr fresh) {
    std::lock_guard lock(guard_);
    auto& place = held_[fresh->id];
    if (auto there = place.lock()) return there;
    place = fresh;
    if (held_.size() > swept_ * 2 + 64) sweep();
    return fresh;
  }

 private:
  void sweep() {
    std::erase_if(held_, [](const auto& entry) { return entry.second.expired(); });
    swept_ = held_.size();
  }

  std::mutex guard_;
  std::unordered_map<uuid, std::weak_ptr<const quiz_paper>> held_;
  std::size_t swept_ = 0;  ///< how many there were after the last sweep
};

}  // namespace stoa::actors
