// How far a learner is on a track: pure.
#pragma once

#include <vector>

#include "stoa/areas/enrollments.hpp"
#include "stoa/areas/tracks.hpp"

namespace stoa::actors {

/// A course of a track, for one learner.
struct track_step {
  course_ptr course;
  bool enrolled = false;
  stoa::progress progress;
};

struct track_path {
  std::vector<track_step> steps;     ///< in the track's order
  int percent = 0;                   ///< of all lessons, half up; 100 only with the last one
  const track_step* next = nullptr;  ///< the first that is not finished; null where none is left
};

/// `courses` are those of the track that can be seen now; `who` is null for strangers.
track_path path_of(const std::vector<course_ptr>& courses, const learner* who);

}  // namespace stoa::actors
