from .a1_cluster import check_cluster_time as check_cluster_time, check_speedup as check_speedup
from .base import CustomExercise as CustomExercise, Exercise as Exercise, Result as Result
from .ch01_pictures import check_patient_key as check_patient_key, check_split as check_split
from .ch02_neurons import (
    check_gradient as check_gradient,
    check_neuron as check_neuron,
    check_parameter_count as check_parameter_count,
)
from .ch03_convolution import (
    check_conv_weights as check_conv_weights,
    check_convolution as check_convolution,
    check_output_size as check_output_size,
    check_small_kernels as check_small_kernels,
)
from .ch04_pooling import (
    check_moves as check_moves,
    check_pool_gradients as check_pool_gradients,
    check_receptive_field as check_receptive_field,
)
from .ch05_first_cnn import (
    check_dense_weights as check_dense_weights,
    check_early_stopping as check_early_stopping,
    check_standardised as check_standardised,
)
from .ch06_augmentation import (
    check_copies as check_copies,
    check_invented as check_invented,
    check_turn_factor as check_turn_factor,
)
from .ch07_custom_cnn import (
    check_batch_norm as check_batch_norm,
    check_class_weights as check_class_weights,
    check_rates as check_rates,
)
from .ch08_evaluation import (
    check_auc as check_auc,
    check_ppv as check_ppv,
    check_threshold as check_threshold,
)
from .ch08_resampling import check_resample as check_resample
from .ch09_vgg16 import (
    check_colours as check_colours,
    check_head_weights as check_head_weights,
    check_passes_saved as check_passes_saved,
)
from .ch10_fine_tuning import (
    check_change as check_change,
    check_kept_epoch as check_kept_epoch,
    check_restarts as check_restarts,
)
from .ch11_looking_inside import (
    check_activation_map as check_activation_map,
    check_chance as check_chance,
    check_hit as check_hit,
)
from .ch12_covid import (
    check_judged as check_judged,
    check_macro as check_macro,
    check_needed as check_needed,
    check_softmax as check_softmax,
)
from .ch13_shortcuts import (
    check_auc_of_places as check_auc_of_places,
    check_border as check_border,
    check_carried_score as check_carried_score,
    check_checklist as check_checklist,
)
from .ch14_deployment import (
    check_alarm as check_alarm,
    check_limit as check_limit,
    check_quantize as check_quantize,
)
from .ch15_five_articles import (
    check_faults as check_faults,
    check_luck as check_luck,
    check_reproduced as check_reproduced,
)
